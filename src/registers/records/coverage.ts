// Stores coverage: a register's statement that its records of a kind are complete through a month. The newest statement
// of a source counts; a withdrawal is a statement too.

import type { WriteContext } from '../../platform/context.ts';
import type { FieldError } from '../../platform/problem.ts';
import type { Places } from '../../platform/reference/reference.ts';
import type { Kind } from '../../rules/facts.ts';
import { dayInShanghai, monthOf } from '../../values/days.ts';
import type { CoverageStatement } from './schemas.ts';
import { type CoverageWalk, insertCoverage, listNewestStatements, listPeopleCovered } from './store.ts';

/** Allowed clock skew. A statement from the future would outweigh every later one. */
const clockToleranceSeconds = 300;

/** Every error in a delivery's coverage statements: an unknown agency, a moment or month in the future. */
export function fieldErrorsOfCoverage(
  statements: readonly CoverageStatement[],
  places: Places,
  at: Temporal.Instant,
): FieldError[] {
  return statements.flatMap(({ agencyCode, asOf, throughMonth }, index) => {
    const pointer = `/body/coverage/${index}`;
    const fieldErrors: FieldError[] = [];
    const statedAt = Temporal.Instant.from(asOf);
    if (agencyCode !== undefined && !places.agencies.has(agencyCode)) {
      const detail = '没有这个经办机构，请使用公布的经办机构代码；覆盖全市时不填此项。';
      fieldErrors.push({ pointer: `${pointer}/agencyCode`, code: 'unknown-agency', detail });
    }
    if (Temporal.Instant.compare(statedAt, at.add({ seconds: clockToleranceSeconds })) > 0) {
      const detail = '声明时间不能晚于现在，请核对来源系统的时钟。';
      fieldErrors.push({ pointer: `${pointer}/asOf`, code: 'in-future', detail });
    }
    if (throughMonth !== null && throughMonth > monthOf(dayInShanghai(statedAt))) {
      const detail = '数据完整至的月份不能晚于声明时间所在的月份。';
      fieldErrors.push({ pointer: `${pointer}/throughMonth`, code: 'in-future', detail });
    }
    return fieldErrors;
  });
}

/** Kinds required for a grant: a complete register without such a record contradicts the granted month. */
const contradictingByAbsence: ReadonlySet<string> = new Set<Kind>([
  'household',
  'unemployment-registration',
  'hardship-recognition',
  'flexible-employment',
  'contribution',
]);

/**
 * Stores coverage statements. A changed statement changes what a missing record means, so the open applications
 * concerned are staged for reassessment; for kinds required for a grant the granted months too.
 */
export async function stateCoverage(
  context: WriteContext,
  { source, deliveryId }: { readonly source: string; readonly deliveryId: string },
  statements: readonly CoverageStatement[],
): Promise<void> {
  if (statements.length === 0) return;
  const before = new Map(
    (await listNewestStatements(context.tx, source)).map((row) => [scopeOf(row), row.throughMonth]),
  );
  await insertCoverage(
    context.tx,
    statements.map(({ kind, agencyCode = null, throughMonth, asOf }) => ({
      coverageId: context.newId(),
      kind,
      source,
      agencyCode,
      personId: null,
      throughMonth,
      asOf,
      deliveryId,
      learntAt: context.at.toString(),
    })),
  );
  const after = await listNewestStatements(context.tx, source);
  const changed = after.filter((row) => (before.get(scopeOf(row)) ?? null) !== row.throughMonth);
  const isCityWide = changed.some((row) => row.agencyCode === null);
  const agencies = isCityWide ? [null] : [...new Set(changed.map((row) => row.agencyCode))];
  for (const agencyCode of agencies) {
    const concerned = changed.filter((row) => isCityWide || row.agencyCode === agencyCode);
    const includesGranted = concerned.some(
      (row) => contradictingByAbsence.has(row.kind) && row.throughMonth !== null,
    );
    const walk = { agencyCode, includesGranted, afterPersonId: null };
    await context.enqueue('reassess-covered', [{ key: JSON.stringify(walk), payload: walk }]);
  }
}

function scopeOf({ kind, agencyCode }: { kind: string; agencyCode: string | null }): string {
  return `${kind} ${agencyCode}`;
}

/** People staged per step; the next step is staged with them. */
const peopleInOneStep = 500;

/** Stages the reassessment of the next people whom a coverage change concerns, and the next step. */
export async function reassessCovered(context: WriteContext, walk: CoverageWalk): Promise<void> {
  const people = await listPeopleCovered(context.tx, walk, peopleInOneStep);
  await context.enqueue(
    'reassess-person',
    people.map((personId) => ({ key: personId, payload: { personId } })),
  );
  const afterPersonId = people.at(-1);
  if (people.length < peopleInOneStep || afterPersonId === undefined) return;
  const rest = { ...walk, afterPersonId };
  await context.enqueue('reassess-covered', [{ key: JSON.stringify(rest), payload: rest }]);
}
