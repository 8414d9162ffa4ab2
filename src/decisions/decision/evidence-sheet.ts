// What a notice says of each month: what was decided and why; and the evidence why months do not qualify 截图说明原因
// (article 五.三): each failing check with its article, its records, their source and when they were received. Pure.

import { reasonOf } from '../../notifications/notices/appealable.ts';
import type {
  EvidenceMonth,
  EvidenceRecord,
  EvidenceRegister,
  FailedCheck,
  MonthDecision,
} from '../../notifications/notices/content.ts';
import { sourceName } from '../../platform/reference/sources.ts';
import type { FactSource, Statements } from '../../registers/records/operations.ts';
import type { Claim } from '../../rules/assess.ts';
import type { DescribedAssessment, DescribedCheck, DescribedMonth } from '../../rules/explain/explain.ts';
import type { Fact, Kind } from '../../rules/facts.ts';
import { catalogue, dataTitles, kindTitles } from '../../rules/policy/catalogue.ts';
import { dayInShanghai } from '../../values/days.ts';
import { dayInWords, monthInWords } from '../../values/wording.ts';

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

/** What was decided of each month, and what was found. */
export function monthDecisions(
  { months }: Pick<DescribedAssessment, 'months'>,
  outcome: 'approved' | 'refused' | 'not-accepted',
  evidence: readonly EvidenceMonth[],
  recordsOf: (check: DescribedCheck) => readonly EvidenceRecord[],
): MonthDecision[] {
  return months.map((month) => {
    const decision = decisionOn(month, outcome);
    if (decision === 'granted')
      return {
        month: month.month,
        decision,
        amountFen: month.amountFen,
        reason: whyGranted(month, recordsOf),
      };
    const reason = reasonOf(month.month, evidence) ?? month.explanation;
    return { month: month.month, decision, amountFen: null, reason };
  });
}

function decisionOn(
  month: DescribedMonth,
  outcome: 'approved' | 'refused' | 'not-accepted',
): MonthDecision['decision'] {
  if (outcome === 'not-accepted') return 'not-accepted';
  if (outcome === 'approved' && month.outcome === 'payable') return 'granted';
  return outcome === 'approved' && month.outcome === 'undetermined' ? 'undecided' : 'refused';
}

/** What the register of contributions says; the other checks are clear too. */
function whyGranted(
  { checks }: DescribedMonth,
  recordsOf: (check: DescribedCheck) => readonly EvidenceRecord[],
): string {
  const paid = checks.find(({ code }) => code === 'contributed');
  const told = new Set(
    (paid === undefined ? [] : recordsOf(paid)).map(
      ({ source, learntAt }) => `${source}${dayInWords(dayInShanghai(Temporal.Instant.from(learntAt)))}`,
    ),
  );
  const said = told.size === 0 ? '' : `${[...told].join('、')}的记录显示，`;
  return `${said}${paid?.finding ?? ''}其他各项条件也都符合，没有第六条所列情形。（第一条、第二条）`;
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
  const records = recordsOf(check, claim, sources.records);
  // Without a record, the evidence is that a register which vouches for completeness has none.
  const registers =
    records.length > 0 ? [] : catalogue[code].needs.flatMap((kind) => silentRegisters(kind, sources));
  return { article, title, explanation: finding, records, registers };
}

/** The records on which a check rests, with source and day. */
export function recordsOf(
  check: DescribedCheck,
  { facts }: Claim,
  records: readonly FactSource[],
): EvidenceRecord[] {
  return facts.filter(({ id }) => check.facts.includes(id)).flatMap((fact) => recordOf(fact, records));
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
