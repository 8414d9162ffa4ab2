// Inserts thousands of decided cases directly: people of every age and status, decided around the change of year
// 2024/2025. The same seed gives the same cases. Contains no test.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { assessmentText, digestOf, snapshotText } from '../../src/decisions/comparison/snapshot.ts';
import type { Tx } from '../../src/platform/database/connect.ts';
import { makeMasterKey, readMasterKeys } from '../../src/platform/encryption/data-keys.ts';
import type { Encryption } from '../../src/platform/encryption/encryption.ts';
import { openEncryption } from '../../src/platform/encryption/open-encryption.ts';
import { assess, type Claim } from '../../src/rules/assess.ts';
import { type Coverage, type Fact, kinds } from '../../src/rules/facts.ts';
import type { Policy } from '../../src/rules/policy/policy.ts';
import { importTerm } from '../../src/rules/term.ts';
import { addMonths, type Day, firstDayOf, lastDayOf, monthOf, quarterOf } from '../../src/values/days.ts';
import { testDatabase } from '../database.ts';
import { policyOn } from '../published-policies.ts';

export interface GeneratedCase {
  readonly personId: string;
  readonly applicationId: string;
  readonly decisionId: string;
  readonly agencyCode: string;
  readonly claim: Claim;
  readonly policy: Policy;
}

export type Random = () => number;

/** Seeded random numbers (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const agencies = [
  { agencyCode: '360203', streetCode: '360203007' },
  { agencyCode: '360202', streetCode: '360202001' },
  { agencyCode: '360281', streetCode: '360281001' },
] as const;

/** Cases with a decision; entirely undetermined cases are left out. */
export function* generateCases(count: number, random: Random): Generator<GeneratedCase> {
  let made = 0;
  for (let index = 0; made < count; index += 1) {
    const claim = claimOf(random);
    const policy = policyOn(claim.decidedOn, { statutoryAge: 'national' });
    if (assess(claim, policy).outcome === 'undetermined') continue;
    made += 1;
    const place = agencies[index % agencies.length] ?? agencies[0];
    const id = (kind: number) => `01930000-0000-7${kind}00-8000-${index.toString(16).padStart(12, '0')}`;
    yield {
      personId: id(0),
      applicationId: id(1),
      decisionId: id(2),
      agencyCode: place.agencyCode,
      claim,
      policy,
    };
  }
}

function claimOf(random: Random): Claim {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T; // never empty
  const sex = pick(['M', 'F'] as const);
  const base = sex === 'M' ? 1965 : 1975;
  const born: Day = `${base - 3 + Math.floor(random() * 12)}-${pick(['01', '04', '08', '12'])}-${pick(['01', '15', '28'])}`;
  const decidedOn = pick([
    '2024-12-10',
    '2024-12-31',
    '2025-01-01',
    '2025-01-15',
    '2025-04-02',
    '2025-07-03',
  ]);
  // Nobody claims a month that has not begun; that it must have ended is checked before a case is created.
  const lastMonth = monthOf(decidedOn);
  const firstMonth = pick(
    ['2024-10', '2024-12', '2024-12', '2025-01', '2025-04'].filter((month) => month <= lastMonth),
  );
  const quarter = quarterOf(firstMonth);
  const months = [0, 1, 2]
    .map((step) => addMonths(firstMonth, step))
    .filter((month) => quarterOf(month) === quarter && month <= lastMonth);
  let ids = 0;
  const held = (kind: Fact['kind'], from: Day, to: Day | null = null, more: object = {}): Fact => {
    ids += 1;
    // The details match their kind.
    return { id: `record-${String(ids).padStart(2, '0')}`, kind, from, to, ...more } as unknown as Fact;
  };
  const facts: Fact[] = [
    held('household', '1990-01-01', null, { street: '360203007' }),
    held('unemployment-registration', '2023-06-01', '2024-02-29'),
    held('hardship-recognition', '2024-01-10', null, { category: 'low-income' }),
    held('flexible-employment', random() < 0.05 ? '2023-12-01' : '2024-03-01'),
  ];
  for (const month of months) {
    if (random() < 0.1) continue;
    const paid = { month, scheme: 'employees', payer: 'individual', refunded: random() < 0.05 };
    facts.push(held('contribution', firstDayOf(month), lastDayOf(month), paid));
  }
  for (const kind of [
    'employer-insurance',
    'skills-training',
    'unemployment-benefit',
    'dishonesty',
  ] as const) {
    if (random() < 0.05) facts.push(held(kind, firstDayOf(months.at(-1) ?? firstMonth)));
  }
  const used = pick([0, 0, 20, 33, 34, 35, 36, 47]);
  const near = used === 47;
  const person = { sex, born, residencePermit: false } as const;
  const policy = policyOn(decidedOn, { statutoryAge: 'national' });
  if (used > 0) {
    const granted = Array.from({ length: used }, (_, index) => addMonths('2020-10', index));
    facts.push(
      held('prior-benefit', '2020-11-10', null, { months: granted, firstApprovedOn: '2020-11-10', near }),
    );
  }
  const term = used === 0 ? null : importTerm({ firstApprovedOn: '2020-11-10', near }, person, facts, policy);
  const coverage: Coverage = Object.fromEntries(
    kinds.filter(() => random() > 0.003).map((kind) => [kind, '2025-12']),
  );
  const submittedOn = decidedOn;
  return {
    person,
    term,
    liveMonths: [],
    usedMonths: used,
    recoveredMonths: [],
    months,
    submittedOn,
    decidedOn,
    facts,
    coverage,
  };
}

/** A case's outcome: of cases in which no month can qualify, every other one is declined. */
function outcomeOf({ claim, policy, decisionId }: GeneratedCase): 'approved' | 'refused' | 'not-accepted' {
  if (assess(claim, policy).outcome === 'approvable') return 'approved';
  return Number.parseInt(decisionId.slice(-1), 16) % 2 === 0 ? 'refused' : 'not-accepted';
}

const nothing = Buffer.alloc(0);
const casesPerStatement = 500;

/** Stores decided cases as compareApplication and decideApplication would have. */
export async function insertCases(
  tx: Tx,
  cases: readonly GeneratedCase[],
  encryption: Encryption,
): Promise<void> {
  for (let start = 0; start < cases.length; start += casesPerStatement) {
    await insertBatch(tx, cases.slice(start, start + casesPerStatement), encryption);
  }
}

async function insertBatch(tx: Tx, cases: readonly GeneratedCase[], encryption: Encryption): Promise<void> {
  const decidedAt = ({ claim }: GeneratedCase) => `${claim.decidedOn}T03:00:00Z`;
  await tx
    .insertInto('person')
    .values(
      cases.map(({ personId, claim }) => ({
        personId,
        identityEncrypted: encryption.encrypt(`360299${claim.person.born.replaceAll('-', '')}0010`, {
          table: 'person',
          column: 'identity_encrypted',
          row: personId,
        }),
        identityMasked: '3****************0',
        sex: claim.person.sex,
        bornMonth: monthOf(claim.person.born),
        residencePermit: false,
        createdAt: '2024-12-06T00:00:00Z',
      })),
    )
    .execute();
  await tx
    .insertInto('application')
    .values(
      cases.map((one) => {
        const { personId, applicationId, agencyCode, claim } = one;
        const place = agencies.find((agency) => agency.agencyCode === agencyCode) ?? agencies[0];
        return {
          personId,
          applicationId,
          caseNumber: `JDZ25-${applicationId.slice(-12)}`,
          state: outcomeOf(one),
          version: 4,
          quarter: quarterOf(claim.months[0] ?? '2024-12'),
          months: [...claim.months],
          channel: 'ganfutong' as const,
          clientId: 'urn:generated|portal',
          streetCode: place.streetCode,
          agencyCode,
          nameEncrypted: nothing,
          phoneEncrypted: nothing,
          bank: '景德镇农商银行',
          accountEncrypted: nothing,
          accountMasked: '****',
          workKind: 'platform',
          workSince: '2024-03-01',
          workPlace: '珠山区',
          undertakingVersion: 'jdz-2024-139',
          undertakingDigest: nothing,
          undertakingSignedAt: decidedAt(one),
          undertakingSignedHow: 'handwritten',
          createdAt: decidedAt(one),
          submittedAt: decidedAt(one),
          acceptedAt: decidedAt(one),
          closedAt: decidedAt(one),
        };
      }),
    )
    .execute();
  const compared = cases.map((one) => {
    const { claim, policy } = one;
    const records = claim.facts.map(({ id }) => ({
      id,
      source: 'jx-human-resources',
      sourceKey: id,
      version: 1,
      learntAt: '2024-12-06T00:00:00.000000Z',
    }));
    const assessment = assess(claim, policy);
    const snapshot = snapshotText(policy, claim, records);
    return { ...one, assessment, assessed: assessmentText(assessment), snapshot };
  });
  const comparisonIdOf = (decisionId: string) => decisionId.replace('-7200-', '-7300-');
  await tx
    .insertInto('comparison')
    .values(
      compared.map((one) => ({
        personId: one.personId,
        comparisonId: comparisonIdOf(one.decisionId),
        applicationId: one.applicationId,
        comparedAt: decidedAt(one),
        comparedBy: 'urn:generated|reviewer',
        policyVersion: one.policy.version,
        snapshot: one.snapshot,
        snapshotDigest: digestOf(one.snapshot),
        assessment: one.assessed,
        assessmentDigest: digestOf(one.assessed),
      })),
    )
    .execute();
  await tx
    .insertInto('decision')
    .values(
      compared.map((one) => {
        const outcome = outcomeOf(one);
        const isApproved = outcome === 'approved';
        const payable = one.assessment.months.filter(({ outcome }) => outcome === 'payable');
        return {
          personId: one.personId,
          decisionId: one.decisionId,
          applicationId: one.applicationId,
          comparisonId: comparisonIdOf(one.decisionId),
          outcome,
          approvedMonths: isApproved ? payable.map(({ month }) => month) : [],
          amountFen: isApproved ? one.assessment.amountFen : 0,
          officer: 'urn:generated|reviewer',
          agencyCode: one.agencyCode,
          role: outcome === 'not-accepted' ? ('handler' as const) : ('reviewer' as const),
          decidedAt: decidedAt(one),
        };
      }),
    )
    .execute();
}

/** A database with keys on which no service has started: a file for the programs, and the encryption that uses it. */
export async function keyedDatabase(test: Test) {
  const { db, url } = await testDatabase(test);
  const keyFile = join(test.testdir({ key: makeMasterKey() }), 'key');
  const stops: (() => void)[] = [];
  const encryption = await openEncryption({
    db,
    readMasterKeys: () => readMasterKeys(readFileSync(keyFile, 'utf8')),
    suite: 'aes-256-gcm',
    clock: Temporal.Now.instant,
    onClose: (stop) => stops.push(stop),
    onError: (error) => test.fail(String(error)),
  });
  for (const stop of stops) test.teardown(stop);
  return { db, url, keyFile, encryption };
}
