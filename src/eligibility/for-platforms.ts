// The assessment for platforms: months with their outcome and what to do. Pure. Imprisonment, public pay, the
// dishonesty list and death are removed before the rules are applied; one mark, the same for all four, says whether any
// of them matters, so that no answer distinguishes them.

import { type AssessedMonth, type Assessment, assess, type Claim } from '../rules/assess.ts';
import { describeAssessment } from '../rules/explain/explain.ts';
import { restsOnDeath } from '../rules/explain/sentences.ts';
import type { Fact, Kind } from '../rules/facts.ts';
import { catalogue } from '../rules/policy/catalogue.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { Month } from '../values/days.ts';
import { monthsOfQuarter, quarterOf } from '../values/days.ts';
import { moneyInWords, monthInWords } from '../values/wording.ts';

/** The advice for each of the four confidential checks. */
export const verifyAtStreet = '请到户籍所在地街道核实。';

type CheckCode = keyof typeof catalogue;

const confidentialKinds: ReadonlySet<Kind> = new Set([
  'imprisonment',
  'public-payroll',
  'dishonesty',
  'death',
]);
const confidentialChecks: ReadonlySet<CheckCode> = new Set(['imprisonment', 'public-payroll', 'dishonest']);

export interface MonthForPlatforms
  extends Pick<AssessedMonth, 'month' | 'outcome' | 'amountFen' | 'lateClaim'> {
  readonly explanation: string;
  readonly whatToDo: readonly string[];
}

export interface AssessmentForPlatforms extends Pick<Assessment, 'policyVersion' | 'outcome' | 'amountFen'> {
  readonly term: Pick<Assessment['term'], 'cap' | 'used' | 'left'>;
  readonly months: readonly MonthForPlatforms[];
  readonly explanation: string;
}

/** The facts that a platform may learn. An empty register is no secret. */
export function withoutConfidential(facts: readonly Fact[]): readonly Fact[] {
  return facts.filter(({ kind, absent }) => absent === true || !confidentialKinds.has(kind));
}

/**
 * Assesses a claim for a platform. The mark applies to the whole quarter, whichever months are asked about: asking
 * month by month would reveal how long an exclusion lasts.
 */
export function assessForPlatforms(claim: Claim, policy: Policy): AssessmentForPlatforms {
  const open = { ...claim, facts: withoutConfidential(claim.facts) };
  const described = describeAssessment(assess(open, policy), open, { versions: [policy] });
  const isMarked = hasConfidentialHit(claim, policy);
  const months = described.months.map((month): MonthForPlatforms => {
    const { month: name, outcome, amountFen, lateClaim, explanation } = month;
    const said = { month: name, lateClaim };
    const isOpen = outcome === 'payable' || outcome === 'undetermined';
    if (isOpen && isMarked) {
      const unsettled = `${monthInWords(name)}暂时不能确定。`;
      return {
        ...said,
        outcome: 'undetermined',
        amountFen: 0,
        explanation: unsettled,
        whatToDo: [verifyAtStreet],
      };
    }
    if (outcome === 'undetermined') return { ...said, outcome, amountFen, ...undetermined(month) };
    const whatToDo = outcome === 'excluded' ? stepsFor(month, 'hit') : [];
    return { ...said, outcome, amountFen, explanation, whatToDo };
  });
  const { cap, used, left } = described.term;
  const whole = {
    policyVersion: described.policyVersion,
    amountFen: months.reduce((sum, { amountFen }) => sum + amountFen, 0),
    term: { cap, used, left },
    months,
  };
  const isPending = months.some(({ outcome }) => outcome === 'undetermined');
  if (!isPending) return { ...whole, outcome: described.outcome, explanation: described.explanation };
  const payable = months.filter(({ outcome }) => outcome === 'payable').length;
  const so = payable === 0 ? '' : `有${payable}个月符合条件，补贴${moneyInWords(whole.amountFen)}；`;
  const pending = months.filter(({ outcome }) => outcome === 'undetermined').length;
  const explanation = `${so}还有${pending}个月暂时不能确定，请按各月的说明办理。`;
  return { ...whole, outcome: 'undetermined', explanation };
}

/** Whether one of the four checks is a hit in any month of the quarters asked about. */
export function hasConfidentialHit(claim: Claim, policy: Policy): boolean {
  const quarters = new Set(claim.months.map(quarterOf));
  const months: Month[] = [...quarters].flatMap(monthsOfQuarter);
  return assess({ ...claim, months }, policy).months.some(({ checks }) =>
    checks.some(
      (check) =>
        (check.answer === 'hit' && confidentialChecks.has(check.code)) || restsOnDeath(check, claim.facts),
    ),
  );
}

type Checked = Pick<AssessedMonth, 'month' | 'checks'>;

function undetermined(month: Checked): Pick<MonthForPlatforms, 'explanation' | 'whatToDo'> {
  const explanation = `${monthInWords(month.month)}数据未到齐，暂时不能确定。`;
  const whatToDo = stepsFor(month, 'unknown');
  // The person need not do anything about missing data of the four confidential registers.
  return { explanation, whatToDo: whatToDo.length > 0 ? whatToDo : [waitForData] };
}

const waitForData = '有关部门的数据尚未到齐，请等数据更新后再查询。';

function stepsFor({ checks }: Checked, answer: 'hit' | 'unknown'): string[] {
  const codes = checks.filter((check) => check.answer === answer).map(({ code }) => code);
  const steps = codes.flatMap((code) => {
    if (confidentialChecks.has(code)) return [];
    return [answer === 'hit' ? remedies[code] : `请等待或核实：${catalogue[code].title}。`];
  });
  return [...new Set(steps)];
}

const correctAtSource = (title: string) =>
  `当月有${title}的，不能享受补贴；如登记有误，请向登记机关申请更正。`;

/** What to do about each failed check; contains no days and no records. */
const remedies: Readonly<Record<CheckCode, string>> = {
  'local-household': '请持户口簿到户籍所在地街道（乡镇）核实本市户籍。',
  'working-age': '未满16周岁的月份不能享受补贴。',
  'hardship-recognised': '请到户籍所在地街道（乡镇）申请或核实就业困难人员认定。',
  'flexibly-employed': '请到户籍所在地街道（乡镇）办理或核实灵活就业登记。',
  sequence: '请到户籍所在地街道（乡镇）核实失业登记、就业困难人员认定、灵活就业登记的先后顺序。',
  contributed: '请核实是否以个人身份缴纳了当月的职工社会保险费且没有退费；未缴费的，缴费后再查询。',
  'unemployment-benefit': correctAtSource('失业保险金领取记录'),
  'skills-training': correctAtSource('企业职工技能提升培训记录'),
  'public-post': correctAtSource('公益性岗位安置记录'),
  imprisonment: verifyAtStreet,
  'public-payroll': verifyAtStreet,
  'past-retirement': '已达到法定退休年龄或已领取养老金的月份不能享受补贴；如有疑问，请向社保经办机构核实。',
  'employer-insured': correctAtSource('用人单位参保记录'),
  'term-exhausted': '累计享受的月数已满，不能再享受补贴。',
  dishonest: verifyAtStreet,
};
