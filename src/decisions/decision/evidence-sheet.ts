// Evidence why months do not qualify, for the notice 截图说明原因 (article 五.三): each failing check with its article,
// its records, their source and when they were received. Pure.

import type {
  EvidenceMonth,
  EvidenceRecord,
  EvidenceRegister,
  FailedCheck,
} from '../../notifications/notices/content.ts';
import { sourceName } from '../../platform/reference/sources.ts';
import type { FactSource, Statements } from '../../registers/records/operations.ts';
import type { Claim } from '../../rules/assess.ts';
import type { DescribedAssessment, DescribedCheck, DescribedMonth } from '../../rules/explain/explain.ts';
import type { Fact, Kind } from '../../rules/facts.ts';
import { catalogue, dataTitles, kindTitles } from '../../rules/policy/catalogue.ts';
import { monthInWords } from '../../values/wording.ts';

export interface Sources {
  readonly records: readonly FactSource[];
  readonly coverage: Statements['coverage'];
}

/**
 * The months that are not payable, each with its failing checks; for an undecided month the checks without an answer.
 */
export function evidenceSheet(
  { months }: Pick<DescribedAssessment, 'months'>,
  claim: Claim,
  sources: Sources,
): EvidenceMonth[] {
  return months
    .filter(({ outcome }) => outcome !== 'payable')
    .map((month) => ({
      month: month.month,
      explanation: month.outcome === 'undetermined' ? undecided(month) : month.explanation,
      checks: failing(month).map((check) => evidenceOf(check, claim, sources)),
    }));
}

/** An undecided month is not refused: says what it waits for, and what to do then. */
function undecided({ month }: DescribedMonth): string {
  return `${monthInWords(month)}数据未到齐，本次未作决定，到齐后可再申请。`;
}

function failing({ outcome, checks }: DescribedMonth): readonly DescribedCheck[] {
  if (outcome === 'excluded') return checks.filter(({ answer }) => answer === 'hit');
  if (outcome === 'undetermined') return checks.filter(({ answer }) => answer === 'unknown');
  return [];
}

function evidenceOf(check: DescribedCheck, claim: Claim, sources: Sources): FailedCheck {
  const { article, title, finding, code } = check;
  const records = claim.facts
    .filter(({ id }) => check.facts.includes(id))
    .flatMap((fact) => recordOf(fact, sources.records));
  // Without a record, the evidence is that a register which vouches for completeness has none.
  const registers =
    records.length > 0 ? [] : catalogue[code].needs.flatMap((kind) => silentRegisters(kind, sources));
  return { article, title, explanation: finding, records, registers };
}

function recordOf(fact: Fact, records: readonly FactSource[]): EvidenceRecord[] {
  const found = records.find(({ id }) => id === fact.id);
  if (found === undefined) return [];
  const { kind, from, to } = fact;
  const months = fact.kind === 'prior-benefit' ? { months: fact.months.toSorted() } : {};
  return [
    {
      title: kindTitles[kind],
      from,
      to,
      ...months,
      source: sourceName(found.source),
      learntAt: found.learntAt,
    },
  ];
}

function silentRegisters(kind: Kind, { coverage }: Sources): EvidenceRegister[] {
  return coverage
    .filter((statement) => statement.kind === kind)
    .flatMap(({ source, throughMonth, learntAt }) =>
      throughMonth === null
        ? []
        : [{ title: dataTitles[kind], source: sourceName(source), throughMonth, learntAt }],
    );
}
