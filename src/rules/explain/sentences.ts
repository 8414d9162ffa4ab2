// One sentence for each check and answer, for a street officer to read out: what was found, on which days.
// Decides nothing, and never contains a person's name or number.

import type { Day, Span } from '../../values/days.ts';
import { dayInWords, daysInWords, firstDayInWords, monthInWords } from '../../values/wording.ts';
import type { CheckResult } from '../assess.ts';
import { type CheckCode, type CheckInput, cityCodeOf, isInCity } from '../checks.ts';
import { areEnough, isOwnRefund, isRefunded, paidAsIndividual } from '../contributions.ts';
import { type Fact, holdsOn, insurances, type Kind } from '../facts.ts';
import { catalogue, dataTitles, hardshipTitles, insuranceTitles, kindTitles } from '../policy/catalogue.ts';
import { inForce } from '../policy/policy.ts';
import { agesOfWomen, isCategoryTold, retirementOf, type ToldRetirement } from '../retirement.ts';
import { silentSteps, steps } from '../sequence.ts';

/** What a sentence may use; `facts` are those that the check rests on. */
export type Said = { readonly input: CheckInput; readonly span: Span; readonly facts: readonly Fact[] };

/** The sentence for one check of one month; the caller adds the article. */
export function sentenceOf({ code, answer }: CheckResult, said: Said): string {
  const facts = said.facts.filter((fact) => fact.absent !== true);
  const spoken = answer === 'unknown' ? stillSilent(code, said) : sentences[code][answer]({ ...said, facts });
  const isAttested = said.facts.some((fact) => fact.absent === true || fact.attested === true);
  return `${spoken}${isAttested ? '已由经办人员核实。' : ''}`;
}

/** Replaces a check's title where a death is the reason. */
export const deathTitle = '申请人已去世';

/** The title of a check for its answer; a death replaces "not a local household". */
export function titleOf(
  check: Pick<CheckResult, 'code' | 'answer' | 'facts'>,
  facts: readonly Pick<Fact, 'id' | 'kind'>[],
): string {
  return restsOnDeath(check, facts) ? deathTitle : catalogue[check.code].title;
}

/** Whether a prerequisite is not met because the person has died. */
export function restsOnDeath(
  { code, answer, facts: ids }: Pick<CheckResult, 'code' | 'answer' | 'facts'>,
  facts: readonly Pick<Fact, 'id' | 'kind'>[],
): boolean {
  if (code !== 'local-household' || answer !== 'hit') return false;
  return facts.some(({ id, kind }) => kind === 'death' && ids.includes(id));
}

type Sentence = (said: Said) => string;

const sentences: Readonly<Record<CheckCode, { readonly clear: Sentence; readonly hit: Sentence }>> = {
  'local-household': { clear: isLocal, hit: isNotLocal },
  'working-age': {
    clear: ({ span }) => `${dayInWords(span.lastDay)}您已达到劳动年龄。`,
    hit: ({ span, input: { policy } }) =>
      `${dayInWords(span.lastDay)}您未满${inForce(policy.parameters.workingAgeYears, span.lastDay)}周岁。`,
  },
  'hardship-recognised': {
    clear: ({ span, facts }) =>
      `您${monthInWords(span.month)}是认定的就业困难人员：${recognitionsInWords(facts)}。`,
    hit: ({ span, facts }) =>
      `您${monthInWords(span.month)}没有有效的就业困难人员认定${butRecorded(facts)}。`,
  },
  'flexibly-employed': {
    clear: ({ span, facts }) => `您${monthInWords(span.month)}有灵活就业登记（${daysInWords(facts)}）。`,
    hit: ({ span, facts }) => `您${monthInWords(span.month)}没有有效的灵活就业登记${butRecorded(facts)}。`,
  },
  sequence: {
    clear: ({ facts }) => `您依次办理了${stepsInWords(facts)}，再申请补贴。`,
    hit: ({ facts }) =>
      `您没有依次办理失业登记、就业困难人员认定、灵活就业登记；现有记录：${stepsInWords(facts)}。`,
  },
  contributed: { clear: hasContributed, hit: hasNotContributed },
  'unemployment-benefit': onRecord('领取失业保险金的记录'),
  'skills-training': onRecord('参加企业职工技能提升培训的记录'),
  'public-post': onRecord('公益性岗位安置记录'),
  imprisonment: onRecord('服刑记录'),
  'public-payroll': onRecord('财政供养记录'),
  'past-retirement': { clear: isNotRetired, hit: isRetired },
  'employer-insured': onRecord('用人单位参保记录'),
  'term-exhausted': {
    clear: ({ input }) =>
      input.cap === null ? '您的补贴可享受至退休，不限月数。' : `您累计享受的月数未满${input.cap}个月。`,
    hit: ({ input }) => `您累计享受补贴已满${input.cap}个月。`,
  },
  dishonest: {
    clear: ({ input }) => `${dayInWords(input.decidedOn)}您不在失信名单上。`,
    hit: ({ input, facts }) =>
      `${dayInWords(input.decidedOn)}您在失信名单上（${daysInWords(facts)}），本次申请不予补贴。`,
  },
};

function isLocal({ input, span }: Said): string {
  return `${dayInWords(span.lastDay)}和申请之日${dayInWords(input.submittedOn)}您都是本市户籍。`;
}

function isNotLocal({ input, span, facts }: Said): string {
  if (input.person.residencePermit === true) return '您使用的是居住证，没有本市户籍。';
  const deaths = facts.filter((fact) => fact.kind === 'death');
  if (deaths.length > 0) return `登记显示申请人已于${firstDayInWords(deaths)}去世。`;
  const households = facts.filter((fact) => fact.kind === 'household');
  const isLocalOn = (day: Day) =>
    households.some((one) => isInCity(one, cityCodeOf(input)) && holdsOn(one, day));
  const days = [
    ...(isLocalOn(span.lastDay) ? [] : [dayInWords(span.lastDay)]),
    ...(isLocalOn(input.submittedOn) ? [] : [`申请之日${dayInWords(input.submittedOn)}`]),
  ].join('和');
  const recorded = households.map(
    (one) => `${isInCity(one, cityCodeOf(input)) ? '本市' : '外地'}户籍（${daysInWords([one])}）`,
  );
  if (recorded.length === 0) return `${days}没有您的本市户籍登记。`;
  return `${days}您不是本市户籍，现有记录：${recorded.join('、')}。`;
}

function hasContributed({ span, facts }: Said): string {
  return `您以个人身份缴纳了${monthInWords(span.month)}的职工${insurancesInWords(facts)}费。`;
}

function hasNotContributed({ input, span, facts }: Said): string {
  const month = monthInWords(span.month);
  // A hit by refunds has no other facts.
  if (facts.length > 0 && facts.every(isOwnRefund))
    return `您${month}的职工${insurancesInWords(facts)}费已经退费，没有退费后重新缴纳的记录。`;
  return `没有您以个人身份缴纳${month}职工${requiredInWords(input, span)}费的记录。`;
}

/** `养老保险、医疗保险`; `社会保险` where an older record names none. */
function insurancesInWords(facts: readonly Fact[]): string {
  const said = facts.map((fact) => ('insurance' in fact ? fact.insurance : undefined));
  if (said.includes(undefined)) return '社会保险';
  return insurances
    .filter((insurance) => said.includes(insurance))
    .map((insurance) => insuranceTitles[insurance])
    .join('、');
}

/** The required insurances that are not paid. */
function requiredInWords({ evidence, policy }: CheckInput, span: Span): string {
  const required = inForce(policy.parameters.requiredInsurances, span.lastDay);
  if (required === 'any') return '社会保险';
  const kept = paidAsIndividual(evidence, span.month).filter((payment) => isRefunded(payment, false));
  return insurances
    .filter((insurance) => required === 'all' || required === insurance)
    .filter((insurance) => !areEnough(kept, insurance))
    .map((insurance) => insuranceTitles[insurance])
    .join('、');
}

function isNotRetired({ input, span }: Said): string {
  const { month } = retirementFor(input, span);
  return `您${monthInWords(month)}达到法定退休年龄，${monthInWords(span.month)}没有超过，也没有领取养老金。`;
}

function isRetired({ input, span, facts }: Said): string {
  const pensions = facts.filter((fact) => fact.kind === 'pension');
  const month = monthInWords(span.month);
  if (pensions.length > 0) return `您从${firstDayInWords(pensions)}起领取养老金。`;
  if (!isCategoryTold(input.person, input.evidence, span))
    return `女性法定退休年龄分50周岁和55周岁两档，您${month}都已经超过。`;
  return `您于${monthInWords(retirementFor(input, span).month)}达到法定退休年龄，${month}已经超过。`;
}

/** For a woman between the two ages, what is unknown; otherwise null. */
function betweenAges({ person, evidence, policy }: CheckInput, span: Span): string | null {
  if (isCategoryTold(person, evidence, span)) return null;
  const [fifty, fiftyFive] = agesOfWomen(person, policy, span.lastDay);
  return fifty.month < span.month && span.month <= fiftyFive.month ? categoryNotTold(fifty, fiftyFive) : null;
}

/** For a woman whose retirement category is unknown. */
export function categoryNotTold(fifty: ToldRetirement, fiftyFive: ToldRetirement): string {
  return (
    '您的退休类别（女50周岁或55周岁）尚无登记，是否已超过法定退休年龄暂时不能确定：' +
    `按50周岁一档，法定退休时间为${monthInWords(fifty.month)}；按55周岁一档，为${monthInWords(fiftyFive.month)}。` +
    '请向社保经办机构核实您的退休类别，登记后再判断。'
  );
}

function retirementFor({ person, evidence, policy }: CheckInput, span: Span) {
  return retirementOf(person, evidence.facts['retirement-category'], policy, span.lastDay);
}

/** Exclusions by a record on any day of the month. */
function onRecord(record: string): { clear: Sentence; hit: Sentence } {
  return {
    clear: ({ span }) => `您${monthInWords(span.month)}没有${record}。`,
    hit: ({ span, facts }) => `您${monthInWords(span.month)}有${record}（${daysInWords(facts)}）。`,
  };
}

function stillSilent(code: CheckCode, { input, span }: Said): string {
  const notTold = code === 'past-retirement' ? betweenAges(input, span) : null;
  if (notTold !== null) return notTold;
  const through = code === 'dishonest' ? input.monthBeforeDecision : span.month;
  const registers = silentRegisters(code, input, span)
    .map((kind) => dataTitles[kind])
    .join('、');
  return `${registers}的数据尚未更新到${monthInWords(through)}，暂时无法核对；待数据更新或经办人员核实后再判断。`;
}

function silentRegisters(code: CheckCode, { evidence }: CheckInput, span: Span): readonly Kind[] {
  if (code === 'sequence') return steps.filter((step) => silentSteps(evidence, span).has(step));
  return catalogue[code].needs.slice(0, 1);
}

function butRecorded(facts: readonly Fact[]): string {
  return facts.length === 0 ? '' : `（现有记录：${daysInWords(facts)}）`;
}

function recognitionsInWords(facts: readonly Fact[]): string {
  const recognitions = facts.filter((fact) => fact.kind === 'hardship-recognition');
  return recognitions.map((fact) => `${hardshipTitles[fact.category]}（${daysInWords([fact])}）`).join('、');
}

function stepsInWords(facts: readonly Fact[]): string {
  const written = steps.map((step) => {
    const starts = facts.filter(({ kind }) => kind === step).map(({ from }) => from);
    if (starts.length === 0) return `没有${kindTitles[step]}`;
    return `${kindTitles[step]}（${starts.sort().map(dayInWords).join('、')}）`;
  });
  return written.join('、');
}
