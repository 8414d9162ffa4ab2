// What a migration changed, and whether the previous version of the program still runs on the schema: everything that
// was there is there unchanged, and what was added to an existing table asks nothing of who writes it
// (docs/decisions/0045).

import type pg from 'pg';

/** A part of a schema. */
interface Part {
  /** The table it belongs to; null for functions, types and the like. */
  readonly tableName: string | null;
  /** Unique among the parts. */
  readonly name: string;
  readonly definition: string;
  /** Whether it may be added to an existing table: the previous version need not know it. */
  readonly mayBeAdded: boolean;
}

export interface Schema {
  readonly parts: ReadonlyMap<string, Part>;
  readonly tableNames: ReadonlySet<string>;
  /** By table, rows written in this transaction, and in earlier ones that the server has not counted yet. */
  readonly rowsWritten: ReadonlyMap<string, number>;
}

const schemas = `in ('public'::regnamespace, 'graphile_worker'::regnamespace)`;

/** Tables and views; a rewritten table has another file, because of which nobody can use it for long. */
const tables = `
  select c.oid::regclass::text as "tableName", 'table ' || c.oid::regclass as name, concat_ws(' ', c.relkind, c.relfilenode,
    c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole,
    case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end) as definition, false as "mayBeAdded"
  from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'c') and c.relnamespace ${schemas}
    and c.oid <> 'public.schema_migrations'::regclass`;

const columns = `
  select a.attrelid::regclass::text, 'column ' || a.attrelid::regclass || '.' || a.attname,
    concat_ws(' ', a.atttypid::regtype, a.atttypmod, a.attnotnull, a.attidentity, a.attgenerated, a.attcollation,
      pg_get_expr(d.adbin, d.adrelid)),
    not a.attnotnull or a.atthasdef or a.attidentity <> ''
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
  where c.relkind in ('r', 'p', 'v', 'm', 'c') and c.relnamespace ${schemas} and a.attnum > 0 and not a.attisdropped
    and c.oid <> 'public.schema_migrations'::regclass`;

const constraints = `
  select k.conrelid::regclass::text, 'constraint ' || k.conname || ' on ' || k.conrelid::regclass,
    concat_ws(' ', pg_get_constraintdef(k.oid), k.condeferrable, k.condeferred, k.convalidated), false
  from pg_constraint k where k.connamespace ${schemas} and k.contype in ('p', 'u', 'f', 'c', 'x') and k.conrelid <> 0`;

const indexes = `
  select i.indrelid::regclass::text, 'index ' || i.indexrelid::regclass, pg_get_indexdef(i.indexrelid), not i.indisunique
  from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace ${schemas}`;

const triggers = `
  select t.tgrelid::regclass::text, 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass,
    concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled), false
  from pg_trigger t join pg_class c on c.oid = t.tgrelid where not t.tgisinternal and c.relnamespace ${schemas}
  union all select r.ev_class::regclass::text, 'rule ' || r.rulename || ' on ' || r.ev_class::regclass, pg_get_ruledef(r.oid), false
  from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relnamespace ${schemas} and r.rulename <> '_RETURN'`;

const policies = `
  select p.polrelid::regclass::text, 'policy ' || p.polname || ' on ' || p.polrelid::regclass,
    concat_ws(' ', p.polpermissive, p.polcmd, p.polroles, pg_get_expr(p.polqual, p.polrelid),
      'check ' || pg_get_expr(p.polwithcheck, p.polrelid)), false
  from pg_policy p`;

const privileges = `
  select c.oid::regclass::text, concat_ws(' ', 'privilege', a.privilege_type, 'on', c.oid::regclass, 'of', a.grantee), '', true
  from pg_class c, aclexplode(c.relacl) a where c.relnamespace ${schemas}
  union all select c.oid::regclass::text, concat_ws(' ', 'privilege', x.privilege_type, 'on', c.oid::regclass || '.' || a.attname,
    'of', x.grantee), '', true
  from pg_attribute a join pg_class c on c.oid = a.attrelid, aclexplode(a.attacl) x where c.relnamespace ${schemas} and a.attnum > 0
  union all select null, concat_ws(' ', 'privilege', a.privilege_type, 'on schema', n.nspname, 'of', a.grantee), '', true
  from pg_namespace n, aclexplode(n.nspacl) a where n.oid ${schemas}`;

/** The arguments are no part of the name: beside another function of its name, a call may become ambiguous. */
const functions = `
  select null, 'function ' || p.pronamespace::regnamespace || '.' || p.proname,
    string_agg(case p.prokind when 'a' then p.oid::regprocedure::text else pg_get_functiondef(p.oid) end
      || coalesce(p.proacl::text, ''), e'\\n' order by p.oid::regprocedure::text), true
  from pg_proc p where p.pronamespace ${schemas} group by p.pronamespace, p.proname`;

const others = `
  select null, 'type ' || t.oid::regtype, concat_ws(' ', t.typtype, t.typbasetype::regtype, t.typtypmod, t.typnotnull, t.typdefault,
    (select string_agg(e.enumlabel, ' ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
    (select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname) from pg_constraint k where k.contypid = t.oid)), true
  from pg_type t where t.typtype in ('d', 'e', 'r', 'm') and t.typnamespace ${schemas}
  union all select null, 'sequence ' || s.seqrelid::regclass,
    concat_ws(' ', s.seqtypid::regtype, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle), true
  from pg_sequence s join pg_class c on c.oid = s.seqrelid where c.relnamespace ${schemas}`;

const everything = [
  tables,
  columns,
  constraints,
  indexes,
  triggers,
  policies,
  privileges,
  functions,
  others,
].join('\nunion all');

const writes = `
  select relid::regclass::text as name, (n_tup_ins + n_tup_upd + n_tup_del)::int as rows from pg_stat_xact_all_tables`;

/** The schema as the connection's transaction sees it. */
export async function readSchema(client: pg.ClientBase): Promise<Schema> {
  const { rows: parts } = await client.query<Part>(everything);
  const { rows: written } = await client.query<{ name: string; rows: number }>(writes);
  return {
    parts: new Map(parts.map((part) => [part.name, part])),
    tableNames: new Set(parts.map(({ tableName }) => tableName).filter((name) => name !== null)),
    rowsWritten: new Map(written.map(({ name, rows }) => [name, rows])),
  };
}

/** Constraints on columns that have none of them been there before are met by what the previous version writes: defaults. */
const ofColumns = `
  select 'constraint ' || k.conname || ' on ' || k.conrelid::regclass as name, k.contype = 'c' as "isCheck",
    pg_get_expr(k.conbin, k.conrelid) as expression,
    array(select 'column ' || k.conrelid::regclass || '.' || attname from pg_attribute
      where attrelid = k.conrelid and attnum = any(k.conkey)) as columns,
    (select string_agg(format('(%s)::%s as %I', coalesce(pg_get_expr(d.adbin, d.adrelid), 'null'),
      format_type(a.atttypid, a.atttypmod), a.attname), ', ')
      from pg_attribute a left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
      where a.attrelid = k.conrelid and a.attnum = any(k.conkey)) as defaults,
    exists (select from pg_attribute where attrelid = k.conrelid and attnum = any(k.conkey) and atthasdef) as "hasDefault"
  from pg_constraint k where k.contype in ('c', 'f') and cardinality(k.conkey) > 0
    and 'constraint ' || k.conname || ' on ' || k.conrelid::regclass = any($1)`;

interface Added {
  readonly name: string;
  readonly isCheck: boolean;
  readonly expression: string | null;
  readonly columns: readonly string[];
  readonly defaults: string;
  readonly hasDefault: boolean;
}

async function isMetByDefaults(client: pg.ClientBase, before: Schema, added: Added): Promise<boolean> {
  if (added.columns.some((column) => before.parts.has(column))) return false;
  if (!added.isCheck) return !added.hasDefault;
  const { rows } = await client.query<{ holds: boolean }>(
    `select (${added.expression}) is not false as holds from (select ${added.defaults}) as row_of_before`,
  );
  return rows[0]?.holds === true;
}

/** Foreign keys to tables of before whose rows the service deletes, and which would forbid it that. */
const obstacles = `
  select 'constraint ' || k.conname || ' on ' || k.conrelid::regclass as name from pg_constraint k
  where k.contype = 'f' and k.confdeltype in ('a', 'r') and k.confrelid::regclass::text = any($1::text[])
    and to_regrole('subsidy_service') is not null and has_table_privilege('subsidy_service', k.confrelid, 'delete')`;

/** Why the previous version of the program does not run, or not surely, after what this transaction did; none when it does. */
export async function whatIsNotAdditive(client: pg.ClientBase, before: Schema): Promise<string[]> {
  const after = await readSchema(client);
  const changed = [...before.parts.values()].flatMap(({ name, definition }) => {
    const now = after.parts.get(name);
    if (now === undefined) return [`${name} is gone`];
    return now.definition === definition ? [] : [`${name} is changed`];
  });
  const added = [...after.parts.values()].filter(
    ({ name, tableName, mayBeAdded }) =>
      !before.parts.has(name) && !mayBeAdded && tableName !== null && before.tableNames.has(tableName),
  );
  const { rows: constrained } = await client.query<Added>(ofColumns, [added.map(({ name }) => name)]);
  const met = new Set<string>();
  for (const one of constrained) if (await isMetByDefaults(client, before, one)) met.add(one.name);
  const { rows: forbidding } = await client.query<{ name: string }>(obstacles, [[...before.tableNames]]);
  const written = [...before.tableNames].filter(
    (name) => (after.rowsWritten.get(name) ?? 0) !== (before.rowsWritten.get(name) ?? 0),
  );
  return [
    ...changed,
    ...added.filter(({ name }) => !met.has(name)).map(({ name }) => `${name} is added`),
    ...forbidding
      .filter(({ name }) => !before.parts.has(name))
      .map(({ name }) => `${name} forbids deleting what it refers to`),
    ...written.map((name) => `rows of ${name} are written`),
  ];
}
