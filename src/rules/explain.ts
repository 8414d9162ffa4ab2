// Says an assessment in Chinese: every check, every month, the term and the whole, and for a failing month what would
// be needed. Made only when somebody reads it, so that judging a million people pays nothing for it.

import { type AssessedMonth, type Assessment, type CheckResult, type Claim, matterOf } from './assess.ts';
import { catalogue, kindTitles } from './catalogue.ts';
import type { Matter } from './checks.ts';
import { type Month, type Span, spanOf } from './days.ts';
import type { Fact } from './facts.ts';
import { type Remedy, remediesFor } from './missing.ts';
import { inForce, type Policy, policyNamed } from './policy.ts';
import { sentenceOf } from './sentences.ts';
import { dayInWords, daysInWords, moneyInWords, monthInWords } from './wording.ts';

export type DescribedCheck = CheckResult & {
  readonly article: string;
  readonly title: string;
  readonly explanation: string;
};
export type DescribedRemedy = Remedy & { readonly explanation: string };
export type DescribedMonth = Omit<AssessedMonth, 'checks'> & {
  readonly checks: readonly DescribedCheck[];
  readonly explanation: string;
  /** The fewest facts that would make the month payable: none for a payable one, null where no record could. */
  readonly missing: readonly DescribedRemedy[] | null;
};
export type DescribedAssessment = Omit<Assessment, 'months' | 'term'> & {
  readonly term: Assessment['term'] & { readonly explanation: string };
  readonly months: readonly DescribedMonth[];
  readonly explanation: string;
};

/**
 * An assessment with its explanations; `claim` is what it was made of. Throws a RangeError where no policy has the
 * assessment's version, because then it was not made by these rules.
 */
export function describeAssessment(assessment: Assessment, claim: Claim): DescribedAssessment {
  const policy = policyNamed(assessment.policyVersion);
  if (policy === undefined) throw new RangeError(`no policy is named ${assessment.policyVersion}`);
  const matter = matterOf(claim, policy);
  const factsOf = (ids: readonly string[]) => claim.facts.filter(({ id }) => ids.includes(id));

  const describeCheck = (check: CheckResult, span: Span): DescribedCheck => {
    const { article, title } = catalogue[check.code];
    const explanation = sentenceOf(check, { matter, span, facts: factsOf(check.facts) });
    return { ...check, article, title, explanation };
  };
  const describeMonth = (month: AssessedMonth): DescribedMonth => ({
    ...month,
    checks: month.checks.map((check) => describeCheck(check, spanOf(month.month))),
    explanation: explainMonth(month, matter, claim),
    missing: remediesFor(matter, month)?.map((remedy) => explainRemedy(remedy, factsOf)) ?? null,
  });
  return {
    ...assessment,
    term: { ...assessment.term, explanation: explainTerm(assessment, claim, policy) },
    months: assessment.months.map(describeMonth),
    explanation: explainOutcome(assessment),
  };
}

function explainMonth(month: AssessedMonth, { policy, decidedOn }: Matter, claim: Claim): string {
  const name = monthInWords(month.month);
  const titles = (answer: CheckResult['answer']) =>
    month.checks
      .filter((check) => check.answer === answer)
      .map(({ code }) => catalogue[code].title)
      .join('、');
  const late = month.lateClaim ? '申请时间较晚，仅作提示，不影响补贴。' : '';
  switch (month.outcome) {
    case 'payable':
      return `${name}符合条件，补贴${moneyInWords(month.amountFen)}。${late}`;
    case 'excluded':
      return `${name}不予补贴，以下各项不符合：${titles('hit')}。${late}`;
    case 'undetermined':
      return `${name}暂时不能确定，以下各项尚待核实：${titles('unknown')}。${late}`;
    case 'outside-policy':
      return `${name}早于办法开始适用的${monthInWords(inForce(policy.parameters.firstMonth, decidedOn))}，不在补贴范围。`;
    case 'already-granted':
      return `${name}已经核定过补贴，不能再次申领。`;
    case 'still-owed':
      return `${name}补贴曾被追回，尚欠${moneyInWords(owedFenOf(claim, month.month))}未退还，还清后可再申请。`;
    case 'claimed-elsewhere':
      return `${name}已在一件正在办理的申请中提出，请等待该申请办结，不要重复申请。`;
  }
}

function owedFenOf({ owedMonths = [] }: Claim, month: Month): number {
  return owedMonths.filter((owed) => owed.month === month).reduce((sum, { owedFen }) => sum + owedFen, 0);
}

function explainTerm({ term, retirement }: Assessment, claim: Claim, policy: Policy): string {
  const { near, firstApprovedOn, cap, used, left } = term;
  const basis = `${term.forecast ? '如在' : '按'}${dayInWords(firstApprovedOn)}初次核定`;
  const retirementDay = dayInWords(claim.term?.retirementOn ?? retirement.on);
  const years = inForce(policy.parameters.nearWindowYears, firstApprovedOn);
  const until = `距法定退休时间（${retirementDay}）${near ? `不足${years}年，可享受至退休` : `满${years}年`}`;
  const months = cap === null ? '不限月数' : `累计最长享受${cap}个月，已享受${used}个月，还剩${left}个月`;
  return `${basis}，${until}，${months}。（办法三、六.6）`;
}

function explainOutcome({ outcome, months, amountFen }: Assessment): string {
  const count = (wanted: AssessedMonth['outcome']) =>
    months.filter((month) => month.outcome === wanted).length;
  switch (outcome) {
    case 'approvable':
      return `可以核定${count('payable')}个月，补贴${moneyInWords(amountFen)}。`;
    case 'undetermined':
      return `还有${count('undetermined')}个月尚待核实，暂时不能核定。`;
    case 'refused':
      if (months.every((month) => month.outcome === 'claimed-elsewhere'))
        return '所问月份都已在正在办理的申请中提出，请等待办结，不要重复申请。';
      return '没有可以补贴的月份，本次申请不予补贴；以后符合条件的，可以再次申请。';
  }
}

function explainRemedy(
  remedy: Remedy,
  factsOf: (ids: readonly string[]) => readonly Fact[],
): DescribedRemedy {
  return { ...remedy, explanation: `${remedyInWords(remedy, factsOf)}。` };
}

function remedyInWords(remedy: Remedy, factsOf: (ids: readonly string[]) => readonly Fact[]): string {
  switch (remedy.action) {
    case 'supply':
      return supplyInWords(remedy);
    case 'withdraw': {
      const facts = factsOf([remedy.factId]);
      return `${facts.map(({ kind }) => kindTitles[kind]).join('')}记录（${daysInWords(facts)}）如有误，须由登记机关更正`;
    }
    case 'confirm':
      return `${kindTitles[remedy.kind]}的数据报送到${monthInWords(remedy.through)}且没有记录，或由经办人员核实没有`;
  }
}

function supplyInWords({ kind, notBefore, notAfter }: Extract<Remedy, { action: 'supply' }>): string {
  const by = dayInWords(notAfter);
  if (kind === 'contribution')
    return `有以个人身份缴纳${monthInWords(notAfter.slice(0, 7))}职工社会保险费且未退费的记录`;
  if (kind === 'retirement-category') return `有女性55周岁退休类别的记录，不晚于${by}`;
  const after = notBefore === null ? '' : `不早于${dayInWords(notBefore)}、`;
  return `有${kind === 'household' ? '本市' : ''}${kindTitles[kind]}，开始时间${after}不晚于${by}，并持续有效`;
}
