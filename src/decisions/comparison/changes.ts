// Differences between a comparison and the previous one, so that a reviewer need not read both. Pure.

import type { CheckResult, MonthOutcome } from '../../rules/assess.ts';
import type { Answer } from '../../rules/checks.ts';
import type { KeptAssessment } from '../../rules/explain/explain.ts';
import { type Kind, kinds } from '../../rules/facts.ts';
import { catalogue } from '../../rules/policy/catalogue.ts';
import type { Month } from '../../values/days.ts';
import type { Snapshot } from './snapshot.ts';

export interface Compared {
  readonly snapshot: Snapshot;
  readonly assessment: KeptAssessment;
}

export const circumstanceTitles = {
  day: '比对日',
  policy: '政策版本',
  person: '出生日期或性别',
  term: '享受期限',
  'granted-months': '已享受或追回的月份、尚欠金额',
} as const;
type Circumstance = keyof typeof circumstanceTitles;
// Object.keys loses the words.
const circumstances = Object.keys(circumstanceTitles) as Circumstance[];

export interface RecordChange {
  readonly change: 'added' | 'superseded' | 'removed';
  readonly kind: Kind;
  /** The current record; for a removed one, the previous record. */
  readonly recordId: string;
  readonly previousRecordId: string | null;
}

export interface Changes {
  readonly records: readonly RecordChange[];
  readonly coverage: readonly { kind: Kind; from: Month | null; to: Month | null }[];
  readonly circumstances: readonly Circumstance[];
  readonly months: readonly { month: Month; from: MonthOutcome; to: MonthOutcome }[];
  /** Checks with another answer, or with the same answer based on other records. */
  readonly checks: readonly { month: Month; code: string; title: string; from: Answer; to: Answer }[];
}

/** Returns every difference; all lists are empty if input and outcome are the same. */
export function changesBetween(before: Compared, after: Compared): Changes {
  const months: Changes['months'][number][] = [];
  const checks: Changes['checks'][number][] = [];
  for (const { month, outcome, checks: results } of after.assessment.months) {
    const earlier = before.assessment.months.find((assessed) => assessed.month === month);
    if (earlier === undefined) continue; // a case's months never change
    if (earlier.outcome !== outcome) months.push({ month, from: earlier.outcome, to: outcome });
    for (const result of results) {
      const { code, answer } = result;
      const was = earlier.checks.find((check) => check.code === code);
      if (was === undefined || isSameResult(was, result)) continue;
      checks.push({ month, code, title: catalogue[code].title, from: was.answer, to: answer });
    }
  }
  return {
    records: recordChanges(before.snapshot, after.snapshot),
    coverage: coverageChanges(before.snapshot, after.snapshot),
    circumstances: circumstances.filter((name) => differs[name](before.snapshot, after.snapshot)),
    months,
    checks,
  };
}

function isSameResult(a: CheckResult, b: CheckResult): boolean {
  return a.answer === b.answer && isSame(a.facts, b.facts);
}

function recordChanges(before: Snapshot, after: Snapshot): RecordChange[] {
  const changes: RecordChange[] = [];
  const wereBefore = recordsByKey(before);
  const areNow = recordsByKey(after);
  for (const [key, { id, kind }] of areNow) {
    const was = wereBefore.get(key);
    if (was?.id === id) continue;
    const change = was === undefined ? 'added' : 'superseded';
    changes.push({ change, kind, recordId: id, previousRecordId: was?.id ?? null });
  }
  for (const [key, { id, kind }] of wereBefore) {
    if (!areNow.has(key)) changes.push({ change: 'removed', kind, recordId: id, previousRecordId: id });
  }
  return changes;
}

/** Indexed by source key, which identifies a record in all its versions. */
function recordsByKey({ claim, records }: Snapshot): Map<string, { id: string; kind: Kind }> {
  const kindOf = new Map(claim.facts.map((fact) => [fact.id, fact.kind]));
  return new Map(
    records.flatMap(({ id, source, sourceKey }) => {
      const kind = kindOf.get(id);
      return kind === undefined ? [] : [[JSON.stringify([source, kind, sourceKey]), { id, kind }]];
    }),
  );
}

function coverageChanges(before: Snapshot, after: Snapshot): Changes['coverage'] {
  return kinds.flatMap((kind) => {
    const from = before.claim.coverage[kind] ?? null;
    const to = after.claim.coverage[kind] ?? null;
    return from === to ? [] : [{ kind, from, to }];
  });
}

type Differs = (before: Snapshot, after: Snapshot) => boolean;

const differs: Readonly<Record<Circumstance, Differs>> = {
  day: (before, after) => before.claim.decidedOn !== after.claim.decidedOn,
  policy: (before, after) => before.policyVersion !== after.policyVersion,
  person: (before, after) => !isSame(before.claim.person, after.claim.person),
  term: (before, after) => !isSame(before.claim.term, after.claim.term),
  'granted-months': (before, after) =>
    !isSame(before.claim.liveMonths, after.claim.liveMonths) ||
    !isSame(before.claim.recoveredMonths, after.claim.recoveredMonths) ||
    // Comparisons stored before debts were recorded have no owedMonths.
    !isSame(before.claim.owedMonths ?? [], after.claim.owedMonths ?? []),
};

/** JSON texts can be compared because the same code wrote both with the same order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
