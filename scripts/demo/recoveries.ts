// A later record contradicts a paid month: the service finds it, the person is heard, and the money is
// recovered or the month stays granted.

import { setTimeout as delay } from 'node:timers/promises';
import type { Static } from 'typebox';
import type { Application } from '../../src/applications/application/schemas.ts';
import type { Recovery } from '../../src/payments/recoveries/schemas.ts';
import { applicationOf } from './cases.ts';
import type { Later } from './city.ts';
import { DemoError } from './client.ts';
import type { DecidedCase, Play } from './play.ts';
import { deliverLater } from './registers.ts';

type RecoveryAnswer = Static<typeof Recovery>;

const findsWithinMs = 15_000;
const pollMs = 100;

export interface Recovered {
  /** The recovered amount. */
  readonly repaidFen: number;
  /** Months claimed again while owed, and rejected; the drafts remain. */
  readonly refusedClaims: readonly RefusedClaim[];
}

export interface RefusedClaim {
  readonly one: DecidedCase;
  readonly month: string;
  readonly draft: Application;
}

/** Delivers the later records and settles each recovery that they open. */
export async function recoverAll(play: Play, cases: readonly DecidedCase[]): Promise<Recovered> {
  const contradicted = cases.flatMap((one) =>
    one.resident.later === null ? [] : [{ one, later: one.resident.later }],
  );
  await deliverLater(
    play,
    contradicted.map(({ later }) => later.row),
  );
  let repaidFen = 0;
  const refusedClaims: RefusedClaim[] = [];
  for (const { one, later } of contradicted) {
    const recovery = await findRecovery(play, one, later);
    play.tie(
      `${one.resident.name} 的追回依据`,
      [recovery.findings.map(({ check }) => check), recovery.amountFen],
      [[later.check], later.amountFen],
    );
    play.tell(`  ! ${recovery.caseNumber} 的 ${later.month} 不再符合：${later.check} · suspected`);
    if (later.then === 'dismissed') await dismiss(play, recovery, later);
    else {
      const confirmed = await confirm(play, recovery);
      refusedClaims.push(await claimWhileOwed(play, one, later.month));
      repaidFen += await repay(play, confirmed);
    }
  }
  return { repaidFen, refusedClaims };
}

/** Waits, since the service reassesses granted months in the background. */
async function findRecovery({ client }: Play, one: DecidedCase, { month }: Later): Promise<RecoveryAnswer> {
  const handler = `handler-${one.application.agencyCode}`;
  for (let waitedMs = 0; waitedMs < findsWithinMs; waitedMs += pollMs) {
    const path = '/v1/recoveries?state=suspected&limit=200';
    const { items } = await client.get<{ items: RecoveryAnswer[] }>(handler, path);
    const found = items.find((item) => item.applicationId === one.application.id && item.month === month);
    if (found !== undefined) return found;
    await delay(pollMs);
  }
  throw new DemoError(`${one.decision.caseNumber}: 月份 ${month} 没有列入追回 · no recovery was opened`);
}

function today(): string {
  return Temporal.Now.plainDateISO('Asia/Shanghai').toString();
}

async function confirm(
  { client }: Play,
  { id, version, agencyCode }: RecoveryAnswer,
): Promise<RecoveryAnswer> {
  return await client.post<RecoveryAnswer>(`handler-${agencyCode}`, `/v1/recoveries/${id}/confirmation`, {
    body: { heardOn: today(), heardHow: 'phone' },
    ifMatch: version,
  });
}

/** A recovered month is not granted again until it is fully repaid. */
async function claimWhileOwed(play: Play, one: DecidedCase, month: string): Promise<RefusedClaim> {
  const { client, refused } = play;
  const { resident } = one;
  const body = applicationOf(play, resident, [month]);
  const draft = await client.post<Application>(resident.by, '/v1/applications', { body });
  const path = `/v1/applications/${draft.id}/submission`;
  const attempt = [resident.by, 'POST', path, { ifMatch: draft.version }] as const;
  await refused(`${resident.name} 未还清时再次申请 ${month}`, attempt, 409, 'month-already-claimed');
  return { one, month, draft };
}

async function repay(play: Play, confirmed: RecoveryAnswer): Promise<number> {
  const { client, tell, tie, refused } = play;
  const { id, agencyCode, amountFen } = confirmed;
  const path = `/v1/recoveries/${id}/repayments`;
  const repayment = { amountFen, reference: '退款凭证 0001', receivedOn: today() };
  const tooMuch = { body: { ...repayment, amountFen: amountFen + 1 }, ifMatch: confirmed.version };
  await refused('多退一分', [`payer-${agencyCode}`, 'POST', path, tooMuch], 422, 'repayment-exceeds-debt');
  const repaid = await client.post<RecoveryAnswer>(`payer-${agencyCode}`, path, {
    body: repayment,
    ifMatch: confirmed.version,
  });
  tie('追回结果', [repaid.state, repaid.repaidFen], ['repaid', amountFen]);
  tell('  ✓ 已听取说明、确认并退回 · heard, confirmed, repaid');
  return repaid.repaidFen;
}

/** The register was wrong: it withdraws its record, and the month stays granted. */
async function dismiss(
  play: Play,
  { id, version, agencyCode }: RecoveryAnswer,
  { row }: Later,
): Promise<void> {
  const { kind, sourceKey } = row;
  const removal = { kind, sourceKey, version: 2, identityNumber: row['identityNumber'], removed: true };
  await deliverLater(play, [removal]);
  const dismissed = await play.client.post<RecoveryAnswer>(
    `reviewer-${agencyCode}`,
    `/v1/recoveries/${id}/dismissal`,
    { body: { reason: '用人单位误报参保，已在来源处更正' }, ifMatch: version },
  );
  play.tie('排除结果', dismissed.state, 'dismissed');
  play.tell('  ✓ 单位误报，已排除，月份继续有效 · dismissed, the month stays');
}
