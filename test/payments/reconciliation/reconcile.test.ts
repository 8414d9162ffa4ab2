// The reconciliation of the whole city balances after every kind of change, and a single fen out of place is found with
// its line.

import { execFile } from 'node:child_process';
import { sql } from 'kysely';
import t from 'tap';
import { type Reconciliation, reconcile } from '../../../src/payments/reconciliation/whole-city.ts';
import { scopeOfService } from '../../../src/platform/database/row-scope.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { type City, setup } from '../../helper.ts';
import { start } from '../../program.ts';
import type { ReconciliationAnswer } from '../../steps.ts';
import { movedCity } from './moved-city.ts';

interface Tampering {
  readonly what: string;
  readonly statement: string;
  /** Reported items, by the check that fails. */
  readonly named: readonly string[];
  /** Equations of the reconciliation that fail too. */
  readonly broken: readonly string[];
}

const tamperings: readonly Tampering[] = [
  {
    what: 'a line',
    statement: `update payment_line set amount_fen = amount_fen + 1 where state = 'paid'`,
    named: ['line = its months', 'file for the bank = its lines'],
    broken: [],
  },
  {
    what: 'a month of a line',
    statement: `update payment_line_month set amount_fen = amount_fen - 1 where month = '2025-05' and line_id in (
      select line_id from payment_line where state = 'paid')`,
    named: [
      'line = its months',
      'month in a payment = month granted',
      'paid in the ledger = months of the disbursement’s lines',
      'cash-paid in the ledger = months of the disbursement’s lines',
    ],
    broken: [],
  },
  {
    what: 'a granted month that waits',
    statement: `update subsidy_month set amount_fen = amount_fen + 1 where month = '2025-06' and application_id in (
      select application_id from application where agency_code = '360202')`,
    named: ['granted in the ledger = months of the case'],
    broken: ['approved = granted months', 'waiting = granted months not yet paid'],
  },
  {
    what: 'a receipt',
    statement: 'update fund_receipt set amount_fen = amount_fen - 1',
    named: ['received in the ledger = receipts'],
    broken: ['received = receipts'],
  },
  {
    what: 'a repayment',
    statement: 'update repayment set amount_fen = amount_fen + 1',
    named: ['repaid = repayments'],
    broken: ['paid − repaid = net', 'repaid = repayments − refunds'],
  },
  {
    what: 'an entry of the ledger that is gone',
    statement: `alter table ledger_entry disable trigger append_only;
      delete from ledger_entry where to_account = 'repaid'`,
    named: ['repaid in the ledger = recovery'],
    broken: ['paid − repaid = net', 'repaid = repayments − refunds'],
  },
];

t.test('the whole city reconciles, and one fen out of place is named with its line', async (t) => {
  const city = await movedCity(t);
  const found = await transact(city.db, scopeOfService, (tx) => reconcile(tx, () => {}), { readOnly: true });
  t.strictSame({ broken: found.broken, looseEnds: found.looseEnds }, { broken: [], looseEnds: [] });
  t.ok(found.scopes >= 8, 'six agencies, and the quarters in which they granted something');

  for (const { what, statement, named, broken } of tamperings) {
    const seen = await reconciledAfter(city, statement);
    t.strictSame(
      [...new Set(seen.looseEnds.map(({ tie }) => tie))].sort(),
      named.toSorted(),
      `one fen of ${what}`,
    );
    t.strictSame([...new Set(seen.broken.map(({ equation }) => equation.name))].sort(), broken.toSorted());
  }
});

/** Findings after a change that is rolled back. */
async function reconciledAfter({ db }: City, statement: string): Promise<Reconciliation> {
  const takeBack = new Error('take it back');
  let seen: Reconciliation | undefined;
  const changed = transact(db, scopeOfService, async (tx) => {
    await sql.raw(statement).execute(tx);
    seen = await reconcile(tx, () => {});
    throw takeBack;
  });
  await changed.catch((error: unknown) => {
    if (error !== takeBack) throw error;
  });
  if (seen === undefined) throw new Error('nothing was found');
  return seen;
}

t.test('the reconciliation program fails with an exit code and names the line', async (t) => {
  const city = await movedCity(t);
  const run = () =>
    new Promise<{ code: number; output: string }>((resolve) => {
      const environment = { ...process.env, DATABASE_URL: city.serviceUrl };
      execFile(process.execPath, [start, 'reconcile'], { env: environment }, (error, stdout) =>
        resolve({ code: Number(error?.code ?? 0), output: stdout }),
      );
    });
  const good = await run();
  t.equal(good.code, 0);
  t.match(good.output, /^相符 · ties: 360203 2025Q2$[\s\S]*^分文不差/m);
  const { rows } = await city.db.pool.query(
    `update payment_line set amount_fen = amount_fen + 1 where state = 'failed' returning line_id`,
  );
  const bad = await run();
  t.equal(bad.code, 1);
  t.match(bad.output, new RegExp(`${rows[0]?.line_id}: line = its months: 150001 ≠ 150000`));
});

t.test(
  'months that wait are sought among 10,000 cases at a time, and found behind those that are paid',
  async (t) => {
    const city = await setup(t);
    await city.db.pool.query(
      `with someone as (
       insert into person (person_id, identity_encrypted, identity_masked, sex, born_month, residence_permit, created_at)
       select lpad(n::text, 32, '0')::uuid, '', '3****************0', 'M', '1970-01', false, now()
       from generate_series(1, 10001) as n returning person_id)
     insert into application (person_id, application_id, case_number, state, version, quarter, months, channel, client_id,
       street_code, agency_code, name_encrypted, phone_encrypted, bank, account_encrypted, account_masked, work_kind, work_since,
       work_place, undertaking_version, undertaking_digest, undertaking_signed_at, undertaking_signed_how, created_at,
       submitted_at)
     select person_id, person_id, 'JDZ25-' || person_id, 'approved', 2, '2025Q2', '{2025-04}', 'ganfutong', 'p', '360203007',
       '360203', '', '', '', '', '****', 'platform', '2024-03-01', '', 'v', '', now(), 'handwritten', now(), now()
     from someone`,
    );
    const list = async (after?: string) =>
      (
        await city.call<{ items: { applicationId: string }[]; next: string | null }>(
          'handler-360203',
          'GET',
          '/v1/reconciliation/months',
          {
            query: { agencyCode: '360203', figure: 'waiting', ...(after === undefined ? {} : { after }) },
            status: 200,
          },
        )
      ).body;
    const first = await list();
    t.strictSame(first.items, []);
    t.type(first.next, 'string', 'to be continued');
    t.strictSame(await list(first.next ?? ''), { items: [], next: null }, 'nothing waits');
    const waiting = await city.approved();
    const second = await list(first.next ?? '');
    t.strictSame([second.items.map(({ applicationId }) => applicationId), second.next], [[waiting.id], null]);
  },
);

t.test('without an agency the reconciliation is the caller’s own, or that of all together', async (t) => {
  const { call } = await movedCity(t);
  const ask = async (by: string, query: Record<string, string>) =>
    (await call<ReconciliationAnswer>(by, 'GET', '/v1/reconciliation', { query, status: 200 })).body;
  for (const more of [{}, { quarter: '2025Q2' }]) {
    const all = await ask('auditor', more);
    const first = await ask('auditor', { agencyCode: '360202', ...more });
    const second = await ask('auditor', { agencyCode: '360203', ...more });
    t.equal(all.agencyCode, null);
    t.ok(all.balanced && (first.figures.approved?.amountFen ?? 0) > 0);
    for (const name of Object.keys(all.figures) as (keyof typeof all.figures)[]) {
      const sum = (first.figures[name]?.amountFen ?? 0) + (second.figures[name]?.amountFen ?? 0);
      t.equal(all.figures[name]?.amountFen ?? 0, sum, name);
    }
    t.strictSame(await ask('finance-360203', more), second, 'finance sees its own');
  }
});
