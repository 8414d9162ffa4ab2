// The service's database account: a login that belongs to the group `subsidy_service` only. Row-level
// security and append-only tables do not bind an owner or a superuser, so the service refuses to start with
// such an account.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { OperatorError } from '../operator-error.ts';
import { connectClient } from './connect.ts';

/** The account has more privileges than the service needs, or fewer; the message says in one line which. */
export class AccountError extends OperatorError {
  override readonly name = 'AccountError';
}

/**
 * Creates the login on the first call and sets a new password on each: for embedded databases, where nobody
 * needs to know it. Returns the URL with that account instead of the owner's.
 */
export async function openServiceLogin(ownerUrl: string, name: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const client = await connectClient(ownerUrl, 'subsidy login');
  try {
    const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name]);
    const login = pg.escapeIdentifier(name);
    if (rowCount === 0) await client.query(`create role ${login} in role subsidy_service`);
    await client.query(`alter role ${login} login password ${pg.escapeLiteral(password)}`);
    await client.query('revoke connect on database template1 from public');
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.username = name;
  url.password = password;
  return url.href;
}

/**
 * Revokes the right to create temporary tables, which PostgreSQL grants to everybody in each new database: a
 * temporary table could shadow one of ours. Must run as the database's owner; otherwise it has no effect and
 * the start says so.
 */
export async function forbidTemporaryTables(ownerUrl: string): Promise<void> {
  const client = await connectClient(ownerUrl, 'subsidy migrate');
  try {
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    await client.query(
      `revoke temporary on database ${pg.escapeIdentifier(rows[0]?.name ?? '')} from public`,
    );
  } finally {
    await client.end();
  }
}

/**
 * Checks that the service may run with the account of `url`.
 *
 * @returns what the account may do in other databases, a line each, for their owners to revoke
 * @throws AccountError when its privileges are wrong
 */
export async function checkServiceAccount(url: string): Promise<string[]> {
  const client = await connectClient(url, 'subsidy start');
  try {
    const { rows } = await client.query<Account>(accountQuery);
    const [account] = rows;
    if (account === undefined) throw new Error('the account says nothing of itself');
    const fieldErrors = fieldErrorsOf(account);
    if (fieldErrors.length === 0) return remarksOf(account);
    const [zh, en] = [
      fieldErrors.map((one) => one.zh).join('、'),
      fieldErrors.map((one) => one.en).join(', '),
    ];
    throw new AccountError(
      `DATABASE_URL: 账号 ${account.name} ${zh}，请换用只属于 subsidy_service 组的登录账号 · ` +
        `the account ${account.name} ${en}; use a login that is in subsidy_service and nothing else`,
    );
  } finally {
    await client.end();
  }
}

interface Account {
  readonly name: string;
  readonly above: boolean;
  readonly owned: number;
  readonly changeable: readonly string[];
  readonly member: boolean;
  readonly temporary: boolean;
  readonly makesKeys: boolean;
  /** Tables whose every column may be updated. */
  readonly updatable: readonly string[];
  /** Other databases to which it may connect. */
  readonly elsewhere: readonly string[];
}

// Roles it may assume by SET ROLE count too.
const accountQuery = `
  with ours as (
    select oid, relname, relowner from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
  )
  select current_user as name,
    exists (select from pg_roles r where (r.rolsuper or r.rolbypassrls or r.rolcreaterole)
      and pg_has_role(current_user, r.oid, 'member')) as above,
    (select count(*)::int from ours where pg_has_role(current_user, relowner, 'member')) as owned,
    array(select o.relname::text from ours o join pg_trigger t on t.tgrelid = o.oid
      where t.tgfoid in (select oid from pg_proc where proname in ('refuse_change', 'refuse_change_but_cut', 'refuse_change_but_expiry'))
      and (has_table_privilege(o.oid, 'update')
        or has_table_privilege(o.oid, 'delete') or has_table_privilege(o.oid, 'truncate'))
      order by o.relname) as changeable,
    exists (select from pg_roles g where g.rolname = 'subsidy_service' and pg_has_role(current_user, g.oid, 'usage'))
      as member,
    has_database_privilege(current_database(), 'temporary') as temporary,
    coalesce(has_table_privilege(to_regclass('public.data_key'), 'insert'), false) as "makesKeys",
    array(select relname::text from ours where has_table_privilege(oid, 'update') order by relname) as updatable,
    array(select datname::text from pg_database
      where datallowconn and datname <> current_database() and has_database_privilege(oid, 'connect')
      order by datname) as elsewhere`;

function remarksOf({ name, elsewhere }: Account): string[] {
  if (elsewhere.length === 0) return [];
  const some = elsewhere.slice(0, 3).join(', ') + (elsewhere.length > 3 ? ' …' : '');
  return [
    `DATABASE_URL: 账号 ${name} 还能连接其他数据库（${some}），可由其属主执行 revoke connect on database … from public · ` +
      `the account ${name} may connect to other databases too; their owners can forbid it so`,
  ];
}

function fieldErrorsOf({
  above,
  owned,
  changeable,
  member,
  temporary,
  makesKeys,
  updatable,
}: Account): { zh: string; en: string }[] {
  const few = (names: readonly string[]) => names.slice(0, 3).join(', ');
  return [
    ...(above ? [{ zh: '不受行级安全限制', en: 'is above row-level security' }] : []),
    ...(owned > 0 ? [{ zh: '是表的属主', en: 'owns tables' }] : []),
    ...(changeable.length > 0
      ? [
          {
            zh: `能修改 ${few(changeable)} 等只增不改的表`,
            en: `may change ${few(changeable)} and such`,
          },
        ]
      : []),
    ...(member ? [] : [{ zh: '不在 subsidy_service 组', en: 'is not in subsidy_service' }]),
    ...(temporary ? [{ zh: '能创建临时表', en: 'may create temporary tables' }] : []),
    ...(makesKeys ? [{ zh: '能新增数据密钥', en: 'may add data keys' }] : []),
    ...(updatable.length > 0
      ? [
          {
            zh: `能修改 ${few(updatable)} 的所有列`,
            en: `may change every column of ${few(updatable)}`,
          },
        ]
      : []),
  ];
}
