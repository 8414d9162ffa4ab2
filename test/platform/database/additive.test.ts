// Which migrations leave a schema on which the previous version of the program runs.

import t from 'tap';
import { readSchema, whatIsNotAdditive } from '../../../src/platform/database/additive.ts';
import { connectClient } from '../../../src/platform/database/connect.ts';
import { emptyDatabase } from '../../database.ts';

const client = await connectClient(await emptyDatabase(t), 'subsidy test');
t.teardown(() => client.end());
await client.query(`
  create schema graphile_worker;
  create table schema_migrations (version int);
  create domain grade as int check (value > 0);
  create type colour as enum ('red');
  create table person (person_id int primary key, name text not null, note text, born text default 'unknown',
    constraint named check (name <> ''));
  create index by_note on person (note);
  create table month (person_id int references person, month text, primary key (person_id, month));
  insert into person values (1, 'Wang'), (2, 'Li');
  create view named as select name from person;
  create function greet(name text) returns text language sql as $$ select 'hello ' || name $$;
  create function keep() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger kept before update on person for each row execute function keep();
  create policy reads on person for select using (true);
  grant select on person to public;
  create sequence numbers`);
const hasService = await client.query(`select to_regrole('subsidy_service') as role`);
if (hasService.rows[0].role === null) await client.query('create role subsidy_service nologin');
await client.query('grant delete on person to subsidy_service');

/** What is wrong with a migration that claims to be additive. */
async function faultsOf(sql: string): Promise<string[]> {
  await client.query('begin');
  try {
    const before = await readSchema(client);
    await client.query(sql);
    return await whatIsNotAdditive(client, before);
  } finally {
    await client.query('rollback');
  }
}

const additive = {
  'a table with its keys, checks, triggers, policies and rows': `
    create table thing (thing_id int primary key, person_id int not null unique references person on delete cascade,
      kind text not null check (kind in ('a', 'b')));
    create trigger kept before update on thing for each row execute function keep();
    alter table thing enable row level security;
    create policy reads on thing for select using (true);
    grant select, insert on thing to public;
    insert into thing values (1, 1, 'a')`,
  'a foreign key to what the service never deletes':
    'create table thing (person_id int, month text, foreign key (person_id, month) references month)',
  'a column that may be empty': 'alter table person add phone text',
  'a column with a default': `alter table person add state text not null default 'new'`,
  'a column with a check that its default meets': `
    alter table person add state text not null default 'new' check (state in ('new', 'old')), add size int check (size > 3)`,
  'a column that may refer to a row':
    'alter table person add friend int references person on delete set null',
  'an index': 'create index by_name on person (name)',
  'a privilege': 'grant insert on person to public; grant update (note) on person to public',
  'a function, a type, a sequence and a view': `
    create function part(name text) returns text language sql as $$ select 'bye ' || name $$;
    create domain weight as int; create type size as enum ('small'); create sequence others;
    create view noted as select note from person`,
  'a comment and statistics': `comment on column person.note is 'more'; alter table person alter note set statistics 500`,
};

for (const [title, sql] of Object.entries(additive))
  t.test(`additive: ${title}`, async (t) => {
    t.strictSame(await faultsOf(sql), []);
  });

const breaking: Readonly<Record<string, readonly [sql: string, ...faults: string[]]>> = {
  'a dropped table': [
    'drop table month',
    'table month is gone',
    'column month.person_id is gone',
    'column month.month is gone',
  ],
  'a renamed table': ['alter table month rename to months', 'table month is gone'],
  'a dropped column': ['alter table person drop born', 'column person.born is gone'],
  'a renamed column': ['alter table person rename note to remark', 'column person.note is gone'],
  'another type': ['alter table person alter note type varchar(20)', 'column person.note is changed'],
  'a wider type': ['alter table month alter person_id type bigint', 'column month.person_id is changed'],
  'a column that may no longer be empty': [
    'alter table person alter born set not null',
    'column person.born is changed',
  ],
  'a column that may be empty now': [
    'alter table person alter name drop not null',
    'column person.name is changed',
  ],
  'another default': [`alter table person alter born set default ''`, 'column person.born is changed'],
  'a new column that must be given': [
    'delete from month; delete from person; alter table person add phone text not null',
    'column person.phone is added',
    'rows of person are written',
  ],
  'a generated column, which rewrites the table': [
    'alter table person add length int generated always as (length(name)) stored',
    'table person is changed',
  ],
  'a default for every row that is there': [
    'alter table person add code uuid not null default gen_random_uuid()',
    'table person is changed',
  ],
  'a check on columns that are there': [
    'alter table person add constraint short check (length(name) < 9)',
    'constraint short on person is added',
  ],
  'a check that is not validated': [
    'alter table person add constraint short check (length(name) < 9) not valid',
    'constraint short on person is added',
  ],
  'a check on a new column and one that is there': [
    'alter table person add phone text check (phone <> name)',
    'constraint person_check on person is added',
  ],
  'a check that the default does not meet': [
    'truncate month, person; alter table person add phone text check (phone is not null)',
    'constraint person_phone_check on person is added',
  ],
  'a tighter check': [
    `alter table person drop constraint named, add constraint named check (name <> '' and name <> '?')`,
    'constraint named on person is changed',
  ],
  'a wider check': ['alter table person drop constraint named', 'constraint named on person is gone'],
  'a unique index': ['create unique index once on person (name)', 'index once is added'],
  'a unique constraint': [
    'alter table person add unique (name)',
    'constraint person_name_key on person is added',
  ],
  'a foreign key of a column that is there': [
    'alter table person add foreign key (person_id) references person on delete cascade',
    'constraint person_person_id_fkey on person is added',
  ],
  'a foreign key that forbids what the service deletes': [
    'create table thing (person_id int references person)',
    'constraint thing_person_id_fkey on thing forbids deleting what it refers to',
  ],
  'a dropped index': ['drop index by_note', 'index by_note is gone'],
  'a trigger on a table that is there': [
    'create trigger also before insert on person for each row execute function keep()',
    'trigger also on person is added',
  ],
  'a dropped trigger': ['drop trigger kept on person', 'trigger kept on person is gone'],
  'a disabled trigger': ['alter table person disable trigger kept', 'trigger kept on person is changed'],
  'a rule': ['create rule never as on delete to person do instead nothing', 'rule never on person is added'],
  'another policy': [
    'create policy adds on person for insert with check (true)',
    'policy adds on person is added',
  ],
  'a changed policy': ['alter policy reads on person using (false)', 'policy reads on person is changed'],
  'row security switched on': ['alter table person enable row level security', 'table person is changed'],
  'a privilege taken away': [
    'revoke select on person from public',
    'privilege SELECT on person of 0 is gone',
  ],
  'another body of a function': [
    `create or replace function greet(name text) returns text language sql as $$ select name $$`,
    'function public.greet is changed',
  ],
  'more arguments of a function': [
    `create function greet(name text, title text default '') returns text language sql as $$ select name $$`,
    'function public.greet is changed',
  ],
  'a dropped function': ['drop function greet', 'function public.greet is gone'],
  'another view': [
    'create or replace view named as select name || name as name from person',
    'table named is changed',
  ],
  'a tighter domain': ['alter domain grade add check (value < 9)', 'type grade is changed'],
  'one more word of a type': [`alter type colour add value 'blue'`, 'type colour is changed'],
  'another sequence': ['alter sequence numbers increment 2', 'sequence numbers is changed'],
  'rows changed': [`update person set note = 'x'`, 'rows of person are written'],
  'rows added': [`insert into person values (3, 'Zhang')`, 'rows of person are written'],
  'rows emptied': ['truncate month', 'table month is changed'],
};

for (const [title, [sql, ...faults]] of Object.entries(breaking))
  t.test(`not additive: ${title}`, async (t) => {
    const found = await faultsOf(sql);
    for (const fault of faults) t.ok(found.includes(fault), fault, { found });
  });
