// Tries to reconstruct identity numbers like an attacker with a dump, or with a role and patience: from every
// unencrypted column, and from every answer of a role, after a whole case. More than a thousand numbers must
// remain possible.
//
// The solver is also given all six digits of the region, the month of birth, the sex, the day of the first
// approval and whether it was near retirement. It searches every row and answer, whoever they are about, for
// masked numbers, the day of birth, days of retirement that follow from it, and digit sequences of the
// number.

import t from 'tap';
import { judgedOver } from '../../../src/decisions/comparison/snapshot.ts';
import { birthDateOf } from '../../../src/registers/people/operations.ts';
import { inForce } from '../../../src/rules/policy/policy.ts';
import { retirementIndex } from '../../../src/rules/retirement.ts';
import { fixTerm } from '../../../src/rules/term.ts';
import { dayLikeOf, lastDayOf, monthAt, monthIndex } from '../../../src/values/days.ts';
import { patient, setup } from '../../helper.ts';
import { wordsOf } from '../../pdf-words.ts';
import { policyOn } from '../../published-policies.ts';
import { deathOf, identityNumberOf } from '../../registers/residents.ts';
import { claimOf } from '../../rules/case-file.ts';
import { passingRequests } from './requests.ts';

t.setTimeout(600_000);

const enough = 1_000;
const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const days = Array.from({ length: 31 }, (_, index) => index + 1);

interface Person {
  readonly number: string;
  readonly born: string;
  readonly sex: 'M' | 'F';
  /** The days of the month that the term allows; all of them without one. */
  readonly isPossible: (born: string) => boolean;
}

/** Each text once. */
interface Found {
  readonly masks: ReadonlySet<string>;
  readonly dates: ReadonlySet<string>;
  readonly digits: ReadonlySet<string>;
}

function search(texts: Iterable<string>): Found {
  const [masks, dates, digits] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const text of texts) {
    for (const [mask] of text.matchAll(/(?<![\dX*])[\dX*]{18}(?![\dX*])/g))
      if (mask.includes('*')) masks.add(mask);
    for (const [, year, month = '', day = ''] of text.matchAll(/(\d{4})[-年](\d{1,2})[-月](\d{1,2})(?!\d)/g))
      dates.add(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
    for (const [run] of text.matchAll(/\d{8,}X?/g)) digits.add(run);
  }
  return { masks, dates, digits };
}

/** Every possible retirement day by any law and category, and the day of birth itself. */
function tellingDays(born: string): string[] {
  const months = (['national', 'document'] as const).flatMap((statutoryAge) => {
    const { statutoryAges } = policyOn('2025-07-05', { statutoryAge }).parameters;
    const ages = Object.values(inForce(statutoryAges, '2025-07-05'));
    return ages.map((age) => monthAt(retirementIndex(monthIndex(born), age)));
  });
  return [born, ...months.map((month) => dayLikeOf(born, month))];
}

/** How many numbers remain possible after what was found. */
function remaining({ number, born, sex, isPossible }: Person, { masks, dates, digits }: Found): number {
  const known = new Set([0, 1, 2, 3, 4, 5]);
  const learn = (part: string, at: number) => {
    for (let index = 0; index < part.length; index += 1)
      if (part[index] !== '*' && at + index < 18) known.add(at + index);
  };
  for (const mask of masks)
    if ([...mask].every((character, at) => character === '*' || character === number[at])) learn(mask, 0);
  for (let from = 0; from + 8 <= 18; from += 1) {
    const part = number.slice(from, from + 8);
    if ([...digits].some((run) => run.includes(part))) learn(part, from);
  }
  const isDayTold = tellingDays(born).some((day) => dates.has(day));
  const possibleDays = days
    .map((day) => `${born.slice(0, 8)}${String(day).padStart(2, '0')}`)
    .filter((day) => day <= lastDayOf(born.slice(0, 7)) && isPossible(day))
    .filter((day) => !isDayTold || day === born);
  let count = 0;
  for (const day of possibleDays) {
    for (let order = sex === 'M' ? 1 : 0; order < 1_000; order += 2) {
      const candidate = identityNumber(number.slice(0, 6), day, order);
      if ([...known].every((at) => candidate[at] === number[at])) count += 1;
    }
  }
  return count;
}

function identityNumber(region: string, born: string, order: number): string {
  const seventeen = `${region}${born.replaceAll('-', '')}${String(order).padStart(3, '0')}`;
  const sum = weights.reduce((total, weight, index) => total + weight * Number(seventeen[index]), 0);
  return `${seventeen}${'10X98765432'[sum % 11]}`;
}

const told = new Map<string, string[]>();
const papers: { readonly role: string; readonly paper: Buffer }[] = [];
/** Operations that show whole fields on purpose and record the disclosure. */
const isReveal = (path: string) =>
  /\/reveals$|\/payment\/file$|^\/v1\/(decisions|payment-outcomes)$/.test(path.replace(/\?.*/, ''));
const roleOf = (caller: string) => /^(?:second-)?([a-z]+)/.exec(caller)?.[1] ?? caller;

function keep(role: string, text: string): void {
  told.set(role, [...(told.get(role) ?? []), text]);
}

const city = await setup(
  t,
  {},
  {
    heard: (caller, _method, path, body) => {
      if (caller === null || isReveal(path)) return;
      const role = roleOf(caller);
      if (Buffer.isBuffer(body)) papers.push({ role, paper: body });
      else keep(role, JSON.stringify(body));
    },
  },
);
const call = patient(city.call);

/** All rows of all tables, without encrypted bytes. */
async function plainRows(): Promise<string[]> {
  const { rows: tables } = await city.db.pool.query<{ name: string; bytes: string[] }>(`
    select format('%I.%I', table_schema, table_name) as name,
      coalesce(array_agg(column_name::text) filter (where data_type = 'bytea'), '{}') as bytes
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE' group by 1`);
  const all: string[] = [];
  for (const { name, bytes } of tables) {
    const { rows } = await city.db.pool.query<{ row: string }>(
      `select (to_jsonb(one) - $1::text[])::text as row from ${name} one`,
      [bytes],
    );
    all.push(...rows.map(({ row }) => row));
  }
  return all;
}

async function everybody(): Promise<Person[]> {
  const people = await city.db.kysely
    .selectFrom('person')
    .leftJoin('term', 'term.personId', 'person.personId')
    .select(['person.personId', 'identityEncrypted', 'sex', 'firstApprovedOn', 'near'])
    .execute();
  return people.map(({ personId, identityEncrypted, sex, firstApprovedOn, near }) => {
    const place = { table: 'person', column: 'identity_encrypted', row: personId };
    const number = city.services.encryption.decrypt(identityEncrypted, place);
    const born = birthDateOf(city.services.encryption, { personId, identityEncrypted });
    const isNear = (day: string) =>
      firstApprovedOn !== null &&
      fixTerm(
        firstApprovedOn,
        { sex, born: day },
        [],
        policyOn(firstApprovedOn, { statutoryAge: 'national' }),
      ).near;
    // An imported term states what an office decided, which reveals no day.
    const isTelling = firstApprovedOn !== null && isNear(born) === near;
    return { number, born, sex, isPossible: (day) => !isTelling || isNear(day) === near };
  });
}

const somebody = (number: string): Person => ({
  number,
  born: `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`,
  sex: Number(number[16]) % 2 === 1 ? 'M' : 'F',
  isPossible: () => true,
});

t.test('the solver finds a number that a mask or a day reveals (self-test)', (t) => {
  const person = somebody('360299196603100011');
  const from = (...texts: string[]) => remaining(person, search(texts));
  t.equal(from('360***********0011', '1966-03-10'), 1, 'the mask of earlier days beside a birth date');
  t.equal(from('360***********0011'), 3, 'and without one');
  t.equal(from('3****************1', '"on":"2026-07-10"'), 46, 'a day of retirement is the day of birth');
  t.equal(from('法定退休时间（2026年7月10日）', '3****************1'), 46);
  t.equal(from('household-196603100011'), 1, 'a key of a register that is made of the number');
  t.equal(from('3****************1', '1966-03', '2026年7月'), 1_408);
  t.end();
});

t.test('a decision’s digest is equal for every day of birth in a month', (t) => {
  const policy = policyOn('2025-07-05', { statutoryAge: 'national' });
  const digests = ['1969-05-03', '1969-05-04'].map((born) => {
    const claim = claimOf({ name: '', person: { sex: 'M', born }, expect: { months: {}, amountFen: 0 } });
    const { snapshotDigest, assessedDigest } = judgedOver(claim, policy, []);
    return [snapshotDigest, assessedDigest].map((digest) => digest.toString('hex'));
  });
  t.strictSame(digests[0], digests[1], 'or thirty-one tries would find the day');
  t.end();
});

t.test(
  'for everybody, more than a thousand numbers remain possible, from the tables and for each role',
  async (t) => {
    const requests = await passingRequests(city);
    for (const { caller, method, url, options } of requests) await call(caller, method, url, options);
    // People with unusual circumstances: near retirement, past it, between two ages, dead.
    const near = await city.approved(await city.resident({ born: '1968-03-19' }));
    const late = await city.approved(await city.resident({ born: '1969-05-20' }));
    const past = await city.resident({ sex: 'F', born: '1969-08-21' });
    const refused = await city.decided(await city.accepted(past), 'refused');
    const woman = await city.resident({ sex: 'F', born: '1974-07-15' });
    const dead = await city.resident({ born: '1970-02-27' });
    const died = await city.approved(dead);
    await city.deliver([deathOf(dead, '2025-04-20')]);
    await city.work();
    const callers = [
      ...['platform-ganfutong', 'provincial-system', 'street-360203007', 'handler-360203', 'reviewer-360203'],
      ...['second-reviewer-360203', 'payer-360203', 'finance-360203', 'auditor', 'administrator'],
    ];
    const paths = requests
      .filter(({ method }) => method === 'GET')
      .map(({ url, options }) => ({ url, options }));
    for (const { id, personId } of [
      near,
      late,
      died,
      await city.read({ id: refused.applicationId, agencyCode: '360203' }),
    ]) {
      for (const path of [
        `/v1/applications/${id}`,
        `/v1/people/${personId}/entitlement`,
        `/v1/people/${personId}/records`,
      ])
        paths.push({ url: path, options: {} });
      paths.push({ url: `/v1/people/${personId}/months/2025-05/explanation`, options: {} });
    }
    const { body: notices } = await call<{ items: { id: string; applicationId: string }[] }>(
      'reviewer-360203',
      'GET',
      '/v1/notices',
      { query: { limit: '100' }, status: 200 },
    );
    const ofProblem = notices.items.filter(({ applicationId }) => applicationId === refused.applicationId);
    t.equal(ofProblem.length, 2, 'its acceptance and its refusal');
    for (const { id } of ofProblem) paths.push({ url: `/v1/notices/${id}/file`, options: {} });
    for (const caller of callers) {
      for (const { url, options } of paths) if (!isReveal(url)) await call(caller, 'GET', url, options);
      for (const one of [past, woman, dead]) await city.asked(one, {}, caller);
    }

    t.ok(papers.length > 10, `${papers.length} papers`);
    for (const { role, paper } of papers) keep(role, await wordsOf(paper));
    const people = await everybody();
    t.ok(people.length > 40, `${people.length} people`);
    const corpora = new Map([
      ['the tables', await plainRows()],
      ['the log', city.logs.map((line) => JSON.stringify(line))],
      ...told,
    ]);
    t.strictSame([...told.keys()].sort(), [
      'administrator',
      'auditor',
      'finance',
      'handler',
      'payer',
      'platform',
      'provincial',
      'reviewer',
      'street',
    ]);
    for (const [whose, texts] of corpora) {
      const found = search(texts);
      const counts = people.map((person) => remaining(person, found));
      const least = Math.min(...counts);
      t.ok(least > enough, `${whose}: ${least} numbers at least, from ${texts.length} texts`);
    }
    t.ok(corpora.get('the tables')?.some((row) => row.includes('3****************')));

    const [first] = people;
    if (first === undefined) throw new Error('there are people');
    await city.db.pool.query(`create table leak as select '${first.born}'::date as born`);
    const leaking = remaining(first, search(await plainRows()));
    t.ok(leaking < 50, `a new column with the day is noticed: ${leaking} numbers`);
  },
);

t.test(
  'where the day of birth decides nearness, the term narrows the numbers, but the province’s codes hide them',
  (t) => {
    const number = identityNumberOf('M', '1969-05-03', 7);
    const policy = policyOn('2025-07-05', { statutoryAge: 'national' });
    const isNear = (born: string) => fixTerm('2025-07-05', { sex: 'M', born }, [], policy).near;
    const person = { ...somebody(number), isPossible: isNear };
    const left = remaining(person, search([`3${'*'.repeat(16)}${number.at(-1)}`]));
    t.ok(isNear('1969-05-03') && !isNear('1969-05-20'));
    t.ok(left < 200, `${left} of one region`);
    // Jiangxi has about a hundred county codes in force; withdrawn ones are still on cards.
    t.ok(left * 100 > enough * 10);
    t.end();
  },
);
