// Explains an assessment in Chinese: every check, every month, the term and the total, and for a failing
// month what is missing. Made on reading, so that assessing a million people does not pay for it.

import { addYears, type Month, monthOf, type Span, spanOf } from '../../values/days.ts';
import {
  dayInWords,
  daysInWords,
  moneyInWords,
  monthInWords,
  stillOwedInWords,
} from '../../values/wording.ts';
import {
  type AssessedMonth,
  type Assessment,
  type CheckResult,
  type Claim,
  checkInputOf,
} from '../assess.ts';
import type { CheckInput } from '../checks.ts';
import type { Fact } from '../facts.ts';
import { catalogue, dataTitles, insuranceTitles, kindTitles } from '../policy/catalogue.ts';
import { measureName } from '../policy/parameters.ts';
import { inForce, type Policies, policyNamed } from '../policy/policy.ts';
import { type Remedy, remediesFor } from '../remedies/remedies.ts';
import {
  agesOfWomen,
  isCategoryTold,
  lastMonthByAge,
  type ToldRetirement,
  toldRetirement,
} from '../retirement.ts';
import { isNearByDates } from '../term.ts';
import { categoryNotTold, deathTitle, restsOnDeath, sentenceOf, titleOf } from './sentences.ts';

export type DescribedCheck = CheckResult & {
  readonly article: string;
  readonly title: string;
  /** The finding, for a table that has the article beside it. */
  readonly finding: string;
  /** The finding with its article of the measure. */
  readonly explanation: string;
};
export type DescribedRemedy = Remedy & { readonly explanation: string };
export type DescribedMonth = Omit<AssessedMonth, 'checks'> & {
  readonly checks: readonly DescribedCheck[];
  readonly explanation: string;
  /**
   * The fewest facts that would make the month payable: none for a payable month, null where no record could.
   */
  readonly missing: readonly DescribedRemedy[] | null;
};
/** An assessment as stored: with the month of retirement, without its day. */
export type KeptAssessment = Omit<Assessment, 'retirement'> & { readonly retirement: ToldRetirement };
export type DescribedAssessment = Omit<KeptAssessment, 'months' | 'term'> & {
  readonly term: Assessment['term'] & { readonly explanation: string };
  readonly months: readonly DescribedMonth[];
  readonly explanation: string;
};

/**
 * An assessment with its explanations; `claim` is its input.
 *
 * @param isApproved whether an approval rests on it; its term is then described as fixed, not as a forecast
 * @throws RangeError when no policy has the assessment's version
 */
export function describeAssessment(
  assessment: KeptAssessment,
  claim: Claim,
  policies: Pick<Policies, 'versions'>,
  { isApproved = false } = {},
): DescribedAssessment {
  const policy = policyNamed(assessment.policyVersion, policies);
  if (policy === undefined) throw new RangeError(`no policy is named ${assessment.policyVersion}`);
  const input = checkInputOf(claim, policy);
  const factsOf = (ids: readonly string[]) => claim.facts.filter(({ id }) => ids.includes(id));

  const describeCheck = (check: CheckResult, span: Span): DescribedCheck => {
    const { article } = catalogue[check.code];
    const title = titleOf(check, claim.facts);
    const finding = sentenceOf(check, { input, span, facts: factsOf(check.facts) });
    return { ...check, article, title, finding, explanation: `${finding}${cited(article)}` };
  };
  const describeMonth = (month: AssessedMonth): DescribedMonth => ({
    ...month,
    checks: month.checks.map((check) => describeCheck(check, spanOf(month.month))),
    explanation: explainMonth(month, input, claim),
    missing: remediesFor(input, month)?.map((remedy) => explainRemedy(remedy, month, factsOf)) ?? null,
  });
  return {
    ...assessment,
    retirement: toldRetirement(assessment.retirement),
    term: { ...assessment.term, explanation: explainTerm(assessment, claim, input, isApproved) },
    months: assessment.months.map(describeMonth),
    explanation: explainOutcome(assessment),
  };
}

function cited(article: string): string {
  return `（${measureName}${article}）`;
}

function explainMonth(month: AssessedMonth, { policy, decidedOn }: CheckInput, claim: Claim): string {
  const name = monthInWords(month.month);
  const isByDeath = (check: CheckResult) => restsOnDeath(check, claim.facts);
  const titlesOf = (answer: CheckResult['answer'], group: 'prerequisite' | 'exclusion', prefix = '') =>
    month.checks
      .filter(
        (check) => check.answer === answer && catalogue[check.code].group === group && !isByDeath(check),
      )
      .map(({ code }) => `${prefix}${catalogue[code].title}`);
  const late = month.lateClaim ? '申请时间较晚，仅作提示，不影响补贴。' : '';
  switch (month.outcome) {
    case 'payable':
      return `${name}符合条件，补贴${moneyInWords(month.amountFen)}。${late}`;
    case 'excluded': {
      const unmet = titlesOf('hit', 'prerequisite').join('、');
      const excluding = titlesOf('hit', 'exclusion').join('、');
      const reasons = [
        month.checks.some(isByDeath) ? deathTitle : '',
        unmet && `未满足：${unmet}`,
        excluding && `存在不予补贴情形：${excluding}`,
      ];
      return `${name}不予补贴。${reasons.filter((reason) => reason !== '').join('；')}。${late}`;
    }
    case 'undetermined': {
      const open = [...titlesOf('unknown', 'prerequisite'), ...titlesOf('unknown', 'exclusion', '是否')];
      return `${name}数据未到齐，暂时不能确定，尚待核实：${open.join('、')}。${late}`;
    }
    case 'outside-policy':
      return `${name}早于办法开始适用的${monthInWords(inForce(policy.parameters.firstMonth, decidedOn))}，不在补贴范围。`;
    case 'already-granted':
      return `${name}已经核定过补贴，不能再次申领。`;
    case 'still-owed':
      return stillOwedInWords(month.month, owedFenOf(claim, month.month));
    case 'claimed-elsewhere':
      return `${name}已在一件正在办理的申请中提出，请等待该申请办结，不要重复申请。`;
  }
}

/** The amount still to be repaid for a recovered month, in fen. */
export function owedFenOf({ owedMonths = [] }: Pick<Claim, 'owedMonths'>, month: Month): number {
  return owedMonths.filter((owed) => owed.month === month).reduce((sum, { owedFen }) => sum + owedFen, 0);
}

function explainTerm(
  { term, retirement }: KeptAssessment,
  claim: Claim,
  input: CheckInput,
  isApproved: boolean,
): string {
  const { near, firstApprovedOn, cap, used, left } = term;
  const isForecast = term.forecast && !isApproved;
  const article = cited('第三条、第六条第6项');
  if (isForecast && monthOf(firstApprovedOn) > retirement.month)
    return `${explainPastAge(retirement, input)}${article}`;
  const { policy } = input;
  const basis = `${isForecast ? '如在' : '于'}${dayInWords(firstApprovedOn)}初次核定`;
  const years = inForce(policy.parameters.nearWindowYears, firstApprovedOn);
  const month = claim.term === null ? retirement.month : monthOf(claim.term.retirementOn);
  const isByDay = addYears(firstApprovedOn, years).startsWith(month);
  const distance = near ? `不足${years}年` : `满${years}年`;
  // An imported term keeps its recorded kind, but no period is stated that its dates do not confirm.
  const until =
    claim.term === null || isNearByDates(claim.term, policy) === near
      ? `距法定退休时间（${monthInWords(month)}${isByDay ? '，按日计算' : ''}）${distance}`
      : `当时由办理机构登记为${near ? '' : '不属于'}距法定退休不足${years}年`;
  const months = cap === null ? '不限月数' : `累计最长享受${cap}个月，已享受${used}个月，还剩${left}个月`;
  return `${basis}，${until}${near ? '，可享受至退休' : ''}，${months}。${article}`;
}

/**
 * For a woman between the two ages, what is unknown; otherwise that the age is past, and until when months
 * are payable.
 */
function explainPastAge(
  retirement: ToldRetirement,
  { person, evidence, policy, decidedOn, monthBeforeDecision }: CheckInput,
) {
  const isTold = isCategoryTold(person, evidence, spanOf(monthBeforeDecision));
  const [fifty, fiftyFive]: readonly [ToldRetirement, ToldRetirement] = isTold
    ? [retirement, retirement]
    : agesOfWomen(person, policy, decidedOn);
  if (monthOf(decidedOn) <= fiftyFive.month && !isTold) return categoryNotTold(fifty, fiftyFive);
  const last = lastMonthByAge(fiftyFive, policy, decidedOn);
  return `您已超过法定退休年龄（${monthInWords(fiftyFive.month)}），补贴最多到${monthInWords(last)}。`;
}

function explainOutcome({ outcome, months, amountFen }: KeptAssessment): string {
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

type FactsOf = (ids: readonly string[]) => readonly Fact[];

function explainRemedy(remedy: Remedy, month: AssessedMonth, factsOf: FactsOf): DescribedRemedy {
  return { ...remedy, explanation: `${remedyInWords(remedy, month, factsOf)}。` };
}

function remedyInWords(remedy: Remedy, month: AssessedMonth, factsOf: FactsOf): string {
  switch (remedy.action) {
    case 'supply':
      return supplyInWords(remedy, month);
    case 'withdraw': {
      const facts = factsOf([remedy.factId]);
      const titles = facts.map(({ kind }) => kindTitles[kind]).join('');
      return `${titles}记录（${daysInWords(facts)}）如有误，请向登记机关申请更正`;
    }
    case 'confirm':
      return `${dataTitles[remedy.kind]}的数据更新到${monthInWords(remedy.through)}后没有您的记录，或经办人员核实没有`;
  }
}

function supplyInWords(
  { kind, notBefore, notAfter, insurance, paidAfter }: Extract<Remedy, { action: 'supply' }>,
  { month, checks }: AssessedMonth,
): string {
  const by = `${dayInWords(notAfter)}（含）前`;
  const when = notBefore === null ? `在${by}` : `在${dayInWords(notBefore)}至${dayInWords(notAfter)}之间`;
  const duringMonth = `，并在${monthInWords(month)}内有效`;
  const lacks = (code: CheckResult['code']) =>
    checks.some((check) => check.code === code && check.answer !== 'clear');
  switch (kind) {
    case 'contribution': {
      const since = paidAfter == null ? '' : `在${dayInWords(paidAfter)}退费之后重新`;
      const which = insurance == null ? '社会保险' : insuranceTitles[insurance];
      return `${since}以个人身份缴纳${monthInWords(notAfter.slice(0, 7))}的职工${which}费，且没有退费`;
    }
    case 'retirement-category':
      return `${when}登记为女性55周岁退休类别`;
    case 'household':
      return `${when}登记为本市户籍，并保持到申请之日`;
    case 'hardship-recognition':
      return `${when}被认定为就业困难人员${lacks('hardship-recognised') ? duringMonth : ''}`;
    case 'flexible-employment':
      return `${when}办理灵活就业登记${duringMonth}`;
    default:
      return `${when}办理过${kindTitles[kind]}`;
  }
}
