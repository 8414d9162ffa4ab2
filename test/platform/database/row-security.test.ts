// What the database enforces by itself: row visibility, append-only tables, and the account's privileges.

import { sql } from 'kysely';
import t from 'tap';
import { prepareDatabase } from '../../../src/commands/prepare-database.ts';
import { type RowScope, scopeOfAudit, scopeOfService } from '../../../src/platform/database/row-scope.ts';
import { checkServiceAccount, openServiceLogin } from '../../../src/platform/database/service-account.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { testDatabase } from '../../database.ts';
import { setup } from '../../helper.ts';
import { administer } from '../../server.ts';
import { strictMatch } from '../../strict-match.ts';

const { db, url, service } = await testDatabase(t);

async function listNames(query: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ name: string }>(query);
  return rows.map(({ name }) => name);
}

/** Tables with owner columns whose rows everybody may see. */
const seenByAll: Readonly<Record<string, string>> = {
  agency: 'which agencies there are',
  street_agency: 'which agency handles which street',
};

t.test(
  'every table that names a person, an agency, a street or a client is under row security',
  async (t) => {
    const unsecured = await listNames(`
    select distinct c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not a.attisdropped
      and a.attname in ('person_id', 'application_id', 'disbursement_id', 'agency_code', 'client_id', 'batch_number',
        'delivery_id', 'correction_id', 'notice_id')
      and not c.relrowsecurity order by 1`);
    t.strictSame(unsecured, Object.keys(seenByAll));
  },
);

t.test(
  'the service cannot update, delete or truncate append-only tables, even without their triggers',
  async (t) => {
    const changeable = await listNames(`
    select distinct c.oid::regclass::text as name from pg_class c join pg_trigger t on t.tgrelid = c.oid
    where t.tgfoid in ('refuse_change'::regproc, 'refuse_change_but_cut'::regproc,
      'refuse_change_but_expiry'::regproc) and (has_table_privilege('subsidy_service', c.oid, 'update')
      or has_any_column_privilege('subsidy_service', c.oid, 'update')
      or has_table_privilege('subsidy_service', c.oid, 'delete')
      or has_table_privilege('subsidy_service', c.oid, 'truncate'))`);
    t.strictSame(changeable, []);
    const deletable = await listNames(`
    select oid::regclass::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
      and has_table_privilege('subsidy_service', oid, 'delete') order by 1`);
    t.strictSame(deletable, [
      'api_client_nonce',
      'application',
      'figure',
      'material',
      'refusal_reason',
      'term',
      'webhook',
    ]);
    for (const statement of [
      'update audit_entry set actor = actor',
      'delete from audit_seal',
      'truncate ledger_entry',
      'update record set removed = true',
      'delete from decision',
      'drop table audit_seal',
      'alter table audit_entry disable row level security',
      'alter table audit_entry disable trigger append_only',
      'create table public.mine (id int)',
    ]) {
      const refusal = { code: '42501' };
      await t.rejects(
        transact(service, scopeOfService, (tx) => sql.raw(statement).execute(tx)),
        refusal,
        statement,
      );
    }
  },
);

t.test('a transaction without a row scope sees no rows, and no scope outlives its transaction', async (t) => {
  const city = await setup(t);
  const { approved, resident } = city;
  await approved(await resident());
  const tables = await listNames(
    `select oid::regclass::text as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace`,
  );
  const count = async (scope: RowScope | null) => {
    const seen: Record<string, number> = {};
    await transact(city.service, scope, async (tx) => {
      for (const table of tables) {
        const { rows } = await sql<{
          n: number;
        }>`select count(*)::int as n from ${sql.table(table)}`.execute(tx);
        if (rows[0]?.n !== 0) seen[table] = rows[0]?.n ?? 0;
      }
    });
    return seen;
  };
  const asService = await count(scopeOfAudit);
  t.ok(Object.keys(asService).length > 15, 'there is something to see');
  t.strictSame(await count(null), {});
  const stranger = { actor: 'x|y', caller: 'x|y|z', readsAudit: false };
  const keys = { identity_index: 1, coverage: asService['coverage'], policy_version: 3 };
  strictMatch(t, await count({ ...stranger, relation: 'agency', code: '3602G2' }), keys);
  t.strictSame(
    Object.keys(await count({ ...stranger, relation: 'own', code: 'x|z' })).sort(),
    Object.keys(keys).sort(),
  );
  t.strictSame(await count(null), {}, 'on the same connections');
  await t.rejects(count({ ...stranger, relation: 'street', code: '' }), /without a code/);
});

t.test(
  'the service does not start with an account that has more or fewer privileges than needed',
  async (t) => {
    const name = `subsidy_check_${Date.now()}`;
    const database = new URL(url).pathname.slice(1);
    await openServiceLogin(url, name); // the first call creates it, later ones change its password
    t.teardown(() => administer(url, `drop owned by ${name}; drop role ${name}`));
    const check = async () => await checkServiceAccount(await openServiceLogin(url, name));
    await t.resolves(check());
    await t.rejects(checkServiceAccount(url), {
      message: /^DATABASE_URL: .* · the account \w+ is above row-level security, owns tables, may change/,
    });
    const fieldErrors: readonly [make: string, message: RegExp, undo: string][] = [
      [`alter role ${name} bypassrls`, /is above row-level security/, `alter role ${name} nobypassrls`],
      [`alter role ${name} createrole`, /is above row-level security/, `alter role ${name} nocreaterole`],
      [
        `grant update on audit_entry to ${name}`,
        /may change audit_entry/,
        `revoke update on audit_entry from ${name}`,
      ],
      [`grant delete on record to ${name}`, /may change record/, `revoke delete on record from ${name}`],
      [`create table his (id int); alter table his owner to ${name}`, /owns tables/, 'drop table his'],
      [
        `grant temporary on database ${database} to ${name}`,
        /may create temporary tables/,
        `revoke temporary on database ${database} from ${name}`,
      ],
      [`grant insert on data_key to ${name}`, /may add data keys/, `revoke insert on data_key from ${name}`],
      [
        `grant update on payment_line to ${name}`,
        /may change every column of payment_line/,
        `revoke update on payment_line from ${name}`,
      ],
      [
        `revoke subsidy_service from ${name}`,
        /is not in subsidy_service/,
        `grant subsidy_service to ${name}`,
      ],
    ];
    for (const [make, message, undo] of fieldErrors) {
      await administer(url, make);
      await t.rejects(check(), { name: 'AccountError', message }, make);
      await administer(url, undo);
    }
    await t.resolves(check());
  },
);

t.test('the service may update only mutable columns: no keys, paid amounts, officers or days', async (t) => {
  const statements = [
    'update application set client_id = client_id',
    'update application set case_number = case_number',
    'update payment_line set amount_fen = amount_fen',
    'update payment_line set application_id = application_id',
    'update payment_line_month set amount_fen = amount_fen',
    'update recovery set amount_fen = amount_fen',
    'update payee_change set account_encrypted = account_encrypted',
    'update disbursement set created_by = created_by',
    'update term set cap = null',
    `insert into data_key (key_id, purpose, wrapped) values (99, 'encrypt-aes-256-gcm', '')`,
    'create temporary table application (id int)',
  ];
  for (const statement of statements)
    await t.rejects(
      transact(service, scopeOfService, (tx) => sql.raw(statement).execute(tx)),
      { code: '42501' },
      statement,
    );
  const whole = await listNames(`
    select oid::regclass::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
      and has_table_privilege('subsidy_service', oid, 'update')`);
  t.strictSame(whole, [], 'no table may be changed in every column');
  const addKey = (id: number) =>
    transact(service, scopeOfService, (tx) =>
      sql<{
        made: boolean;
      }>`select add_first_data_key(${id}, 'encrypt-aes-256-gcm', '\\x00', now()) as made`.execute(tx),
    );
  t.strictSame((await addKey(1)).rows, [{ made: true }], 'the first start makes the first key');
  t.strictSame((await addKey(2)).rows, [{ made: false }], 'and nobody adds another');
});

/** Functions that read the whole city, and what the service may do with the owner's rights. */
const withOwnersRights = [
  'act_without_entry()',
  'add_first_data_key(integer,text,bytea,timestamp with time zone)',
  'administrator_at(text,timestamp with time zone)',
  'balance_of_disbursement(uuid,text)',
  'cases_of_others_sharing(uuid[])',
  'cases_sharing(text)',
  'conditions_of_anybody(uuid[])',
  'count_for_planner(text)',
  'count_notices(uuid,uuid)',
  'count_others_with_material(uuid,bytea[])',
  'cut_audit(bigint,bytea,jsonb,timestamp with time zone)',
  'delete_expired(text,timestamp with time zone,integer)',
  'earlier_notice(uuid,text,uuid,text)',
  'hardship_of_cases()',
  'heir_of(uuid,uuid)',
  'hold_person_by_household(uuid,date,text)',
  'homes_of_terms()',
  'last_event_position()',
  'learnt_since_rehearsal(timestamp with time zone,timestamp with time zone,timestamp with time zone)',
  'money_of_months(uuid,uuid)',
  'move_application(uuid,uuid)',
  'notice_of_code(text)',
  'open_recoveries_of_any_bars(uuid[])',
  'pays_street(uuid,text)',
  'people_barred()',
  'people_in_debt()',
  'people_of_two_names()',
  'people_who_applied(text[])',
  'people_who_died()',
];
/** Trigger functions, which cannot be called directly. */
const triggersWithOwnersRights = [
  'keep_household_standing()',
  'leave_seal_queue()',
  'mark_shared_numbers()',
  'mark_two_names()',
  'pay_heirs_alone_after_death()',
  'queue_for_seal()',
  'reference_changed()',
  'refuse_approval_of_barred()',
  'refuse_lifting_while_owed()',
  'refuse_records_of_nobody()',
  'restate_households()',
  'restate_households_of_street()',
];

t.test(
  'every security definer function has a fixed search_path and is executable by the service only',
  async (t) => {
    const definers = (condition: string) =>
      listNames(`select oid::regprocedure::text as name from pg_proc
      where pronamespace = 'public'::regnamespace and prosecdef and ${condition} order by 1`);
    const callable = `has_function_privilege('subsidy_service', oid, 'execute')`;
    t.strictSame(await definers(callable), withOwnersRights);
    t.strictSame(await definers(`not ${callable}`), triggersWithOwnersRights);
    t.strictSame(
      await definers(`('search_path=public, pg_temp' = any(proconfig) is not true
      or exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)
      or proowner <> (select relowner from pg_class where oid = 'application'::regclass))`),
      [],
    );
  },
);

t.test('an owner who is no superuser migrates, and the policies do not bind them', async (t) => {
  const { db: tampered, ownerUrl } = await testDatabase(t);
  t.strictSame(await prepareDatabase(ownerUrl), [], 'migrated by the owner, and nothing to do');
  t.strictSame(
    (
      await tampered.pool.query('select rolsuper, rolbypassrls from pg_roles where rolname = $1', [
        new URL(ownerUrl).username,
      ])
    ).rows,
    [{ rolsuper: false, rolbypassrls: false }],
  );
  await administer(
    ownerUrl,
    `insert into identity_index values (decode(repeat('00', 32), 'hex'), gen_random_uuid())`,
  );
  await t.rejects(
    checkServiceAccount(ownerUrl),
    { message: /owns tables/ },
    'and the service is not started with them',
  );
});
