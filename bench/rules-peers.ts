// The same decision of a month by two general rule engines: the same fifteen checks with the same three
// answers. In their favour, days are integers, records are sorted by kind beforehand, and they return no ids
// of the records an answer rests on.

import { Engine, type NestedCondition, type TopLevelCondition } from 'json-rules-engine';
import type { AssessedMonth, Claim } from '../src/rules/assess.ts';
import { type Fact, type Kind, kinds } from '../src/rules/facts.ts';
import { inForce } from '../src/rules/policy/policy.ts';
import { addYears, type Day, lastDayOf, type Month, monthIndex } from '../src/values/days.ts';
import { policyOn } from '../test/published-policies.ts';

type Record = { from: number; to: number; local?: boolean };
type Contribution = { month: number; individual: boolean; employer: boolean; refunded: boolean };

/** Input of a peer: one month of a claim, in numbers. Months count from the year 0; no end is year 9999. */
export type Question = { [name: string]: number | { [kind: string]: number } | Record[] | Contribution[] };
/** The checks whose answer is not clear, sorted: `sequence:hit`. */
export type Reasons = readonly string[];
export type Peer = {
  readonly name: string;
  decide(questions: readonly Question[]): Promise<readonly Reasons[]>;
};

const never = 99_991_231;

export function questionOf(claim: Claim, month: Month, usedBefore: number): Question {
  const { person, decidedOn, coverage } = claim;
  const ages = inForce(
    policyOn(decidedOn, { statutoryAge: 'national' }).parameters.statutoryAges,
    lastDayOf(month),
  );
  const { baseYears, delay } = person.sex === 'M' ? ages.M60 : ages.F50;
  const recordsOf = (kind: Kind) => claim.facts.filter((fact) => fact.kind === kind).map(recordOf);
  return {
    ...Object.fromEntries(kinds.map((kind) => [camel(kind), recordsOf(kind) as Record[]])),
    covered: Object.fromEntries(kinds.map((kind) => [camel(kind), monthIndex(coverage[kind] ?? '0000-01')])),
    month: monthIndex(month),
    first: number(`${month}-01`),
    last: number(lastDayOf(month)),
    submitted: number(claim.submittedOn),
    decided: number(decidedOn),
    monthBefore: monthIndex(decidedOn) - 1,
    ofAgeOn: number(addYears(person.born, 16)),
    bornMonth: monthIndex(person.born),
    base: 12 * baseYears,
    firstBirth: monthIndex(delay?.firstBirthMonth ?? '9999-01'),
    every: delay?.everyMonths ?? 1,
    most: delay?.atMostMonths ?? 0,
    used: usedBefore,
    cap: claim.term?.cap ?? 100_000,
  };
}

/** Our assessment of a month in the peers' format. */
export function reasonsOf({ checks }: AssessedMonth): Reasons {
  const failing = checks.filter(({ answer }) => answer !== 'clear');
  return failing.map(({ code, answer }) => `${code}:${answer}`).sort();
}

const exclusions = {
  'unemployment-benefit': 'unemploymentBenefit',
  'skills-training': 'skillsTraining',
  'public-post': 'publicPost',
  imprisonment: 'imprisonment',
  'public-payroll': 'publicPayroll',
};
const requirements = {
  'hardship-recognised': 'hardshipRecognition',
  'flexibly-employed': 'flexibleEmployment',
};

/**
 * json-rules-engine: two rules per check, with custom operators for days and order, as its manual advises.
 */
export function jsonRulesEngine(): Peer {
  const engine = new Engine();
  engine.addOperator('holdsWithin', (records: Record[], { first, last }: Span) =>
    records.some(({ from, to }) => from <= last && to >= first),
  );
  engine.addOperator('isLocalOnBoth', (records: Record[], { last, submitted }: Span) => {
    const isLocalOn = (day: number) =>
      records.some(({ from, to, local }) => local && from <= day && to >= day);
    return isLocalOn(last) && isLocalOn(submitted);
  });
  engine.addOperator('holdsOn', (records: Record[], day: number) =>
    records.some(({ from, to }) => from <= day && to >= day),
  );
  engine.addOperator('beganBy', (records: Record[], day: number) => records.some(({ from }) => from <= day));
  engine.addOperator('contributedFor', (paid: Contribution[], month: number) =>
    paid.some((one) => one.month === month && one.individual && !one.refunded),
  );
  engine.addOperator('refundedFor', (paid: Contribution[], month: number) =>
    paid.some((one) => one.month === month && one.individual && one.refunded),
  );
  engine.addOperator('employerPaidFor', (paid: Contribution[], month: number) =>
    paid.some((one) => one.month === month && one.employer && !one.refunded),
  );
  engine.addOperator('isKept', (order: string, wanted: string) => order === wanted);
  engine.addFact('span', async (_, almanac) => {
    const [first, last, submitted] = await Promise.all([
      almanac.factValue<number>('first'),
      almanac.factValue<number>('last'),
      almanac.factValue<number>('submitted'),
    ]);
    return { first, last, submitted };
  });
  engine.addFact('retirementMonth', async (_, almanac) => {
    const numbers = ['bornMonth', 'base', 'firstBirth', 'every', 'most'].map((name) =>
      almanac.factValue<number>(name),
    );
    const [bornMonth = 0, base = 0, firstBirth = 0, every = 1, most = 0] = await Promise.all(numbers);
    const late = bornMonth - firstBirth;
    return bornMonth + base + (late < 0 ? 0 : Math.min(most, Math.floor(late / every) + 1));
  });
  engine.addFact('order', async (_, almanac) => {
    const [us, hs, fs] = await Promise.all([
      almanac.factValue<Record[]>('unemploymentRegistration'),
      almanac.factValue<Record[]>('hardshipRecognition'),
      almanac.factValue<Record[]>('flexibleEmployment'),
    ]);
    const [span, covered, month] = await Promise.all([
      almanac.factValue<Span>('span'),
      almanac.factValue<{ [kind: string]: number }>('covered'),
      almanac.factValue<number>('month'),
    ]);
    return orderOf(us, hs, fs, span, covered, month);
  });

  const holds = (fact: string): NestedCondition => ({
    fact,
    operator: 'holdsWithin',
    value: { fact: 'span' },
  });
  const not = (condition: NestedCondition): NestedCondition => ({ not: condition });
  const heard = (kind: string, by = 'month'): NestedCondition => ({
    fact: 'covered',
    path: `$.${kind}`,
    operator: 'greaterThanInclusive',
    value: { fact: by },
  });
  const rule = (reason: string, conditions: TopLevelCondition) =>
    engine.addRule({ conditions, event: { type: reason } });
  const prerequisite = (code: string, kind: string, met: NestedCondition) => {
    rule(`${code}:hit`, { all: [not(met), heard(kind)] });
    rule(`${code}:unknown`, { all: [not(met), not(heard(kind))] });
  };
  const exclusion = (code: string, kind: string, met: NestedCondition, by = 'month') => {
    rule(`${code}:hit`, { all: [met] });
    rule(`${code}:unknown`, { all: [not(met), not(heard(kind, by))] });
  };
  prerequisite('local-household', 'household', {
    fact: 'household',
    operator: 'isLocalOnBoth',
    value: { fact: 'span' },
  });
  rule('working-age:hit', { all: [{ fact: 'ofAgeOn', operator: 'greaterThan', value: { fact: 'last' } }] });
  for (const [code, kind] of Object.entries(requirements)) prerequisite(code, kind, holds(kind));
  rule('sequence:hit', { all: [{ fact: 'order', operator: 'isKept', value: 'hit' }] });
  rule('sequence:unknown', { all: [{ fact: 'order', operator: 'isKept', value: 'unknown' }] });
  const paidFor = (operator: string): NestedCondition => ({
    fact: 'contribution',
    operator,
    value: { fact: 'month' },
  });
  const refunded = paidFor('refundedFor');
  rule('contributed:hit', {
    all: [not(paidFor('contributedFor')), { any: [refunded, heard('contribution')] }],
  });
  rule('contributed:unknown', {
    all: [not(paidFor('contributedFor')), not(refunded), not(heard('contribution'))],
  });
  for (const [code, kind] of Object.entries(exclusions)) exclusion(code, kind, holds(kind));
  exclusion('past-retirement', 'pension', {
    any: [
      { fact: 'month', operator: 'greaterThan', value: { fact: 'retirementMonth' } },
      { fact: 'pension', operator: 'beganBy', value: { fact: 'last' } },
    ],
  });
  exclusion('employer-insured', 'employerInsurance', {
    any: [holds('employerInsurance'), paidFor('employerPaidFor')],
  });
  rule('term-exhausted:hit', {
    all: [{ fact: 'used', operator: 'greaterThanInclusive', value: { fact: 'cap' } }],
  });
  const listed: NestedCondition = { fact: 'dishonesty', operator: 'holdsOn', value: { fact: 'decided' } };
  exclusion('dishonest', 'dishonesty', listed, 'monthBefore');

  return {
    name: 'json-rules-engine',
    async decide(questions) {
      const answers: Reasons[] = [];
      for (const question of questions) {
        const { events } = await engine.run(question);
        answers.push(events.map(({ type }) => type).sort());
      }
      return answers;
    },
  };
}

type Span = { first: number; last: number; submitted: number };

function orderOf(
  us: Record[],
  hs: Record[],
  fs: Record[],
  span: Span,
  covered: { [kind: string]: number },
  month: number,
) {
  const within = ({ from, to }: Record) => from <= span.last && to >= span.first;
  const earliest = (records: Record[], notBefore: number) =>
    records.reduce((found, { from }) => (from >= notBefore && from < found ? from : found), never);
  const ofMonth = fs.filter(within);
  const counting = ofMonth.length > 0 ? ofMonth : fs;
  const unemployed = earliest(us, 0);
  if (earliest(counting, earliest(hs, unemployed)) <= span.submitted) return 'clear';
  const isSilent = (kind: string) => (covered[kind] ?? 0) < month;
  const possiblyUnemployed = isSilent('unemploymentRegistration') ? 0 : unemployed;
  const isRecognitionOpen = isSilent('hardshipRecognition') && !hs.some(within);
  const recognised = isRecognitionOpen ? possiblyUnemployed : earliest(hs, possiblyUnemployed);
  const isRegistrationOpen = isSilent('flexibleEmployment') && ofMonth.length === 0;
  const isPossible = isRegistrationOpen
    ? recognised <= span.last
    : earliest(counting, recognised) <= span.submitted;
  return isPossible ? 'unknown' : 'hit';
}

/**
 * ZEN: one decision of expressions, compiled once; a hundred calls at a time, so that it never waits for its
 * threads.
 */
export async function zenEngine(): Promise<Peer> {
  const { ZenEngine } = await import('@gorules/zen-engine');
  const decision = new ZenEngine().createDecision({
    contentType: 'application/vnd.gorules.decision',
    nodes: [
      { id: 'asked', type: 'inputNode', name: 'asked', position: { x: 0, y: 0 } },
      {
        id: 'checks',
        type: 'expressionNode',
        name: 'checks',
        position: { x: 1, y: 0 },
        content: { expressions: zenExpressions() },
      },
      { id: 'told', type: 'outputNode', name: 'told', position: { x: 2, y: 0 } },
    ],
    edges: [
      { id: 'in', type: 'edge', sourceId: 'asked', targetId: 'checks' },
      { id: 'out', type: 'edge', sourceId: 'checks', targetId: 'told' },
    ],
  });
  const answerOf = async (question: Question): Promise<Reasons> => {
    const { result } = await decision.evaluate(question);
    const answers = Object.entries(result).filter(
      ([name, answer]) => !name.startsWith('_') && answer !== 'clear',
    );
    return answers.map(([name, answer]) => `${kebab(name)}:${answer}`).sort();
  };
  return {
    name: '@gorules/zen-engine',
    async decide(questions) {
      const answers: Reasons[] = [];
      for (let at = 0; at < questions.length; at += 100) {
        answers.push(...(await Promise.all(questions.slice(at, at + 100).map(answerOf))));
      }
      return answers;
    },
  };
}

function zenExpressions() {
  const holds = (kind: string) => `some(${kind}, #.from <= last and #.to >= first)`;
  const prerequisite = (kind: string, met: string) =>
    `${met} ? 'clear' : covered.${kind} >= month ? 'hit' : 'unknown'`;
  const exclusion = (kind: string, met: string, by = 'month') =>
    `${met} ? 'hit' : covered.${kind} >= ${by} ? 'clear' : 'unknown'`;
  const localOn = (day: string) => `some(household, #.local and #.from <= ${day} and #.to >= ${day})`;
  const earliest = (list: string) => `len(${list}) == 0 ? ${never} : min(map(${list}, #.from))`;
  const individual = '#.month == month and #.individual';
  const delay = 'bornMonth < firstBirth ? 0 : min([most, floor((bornMonth - firstBirth) / every) + 1])';
  const expressions: { [name: string]: string } = {
    localHousehold: prerequisite('household', `(${localOn('last')} and ${localOn('submitted')})`),
    workingAge: `ofAgeOn > last ? 'hit' : 'clear'`,
    ...Object.fromEntries(
      Object.entries(requirements).map(([code, kind]) => [camel(code), prerequisite(kind, holds(kind))]),
    ),
    _unemployed: earliest('unemploymentRegistration'),
    _recognitions: 'filter(hardshipRecognition, #.from >= $._unemployed)',
    _recognised: earliest('$._recognitions'),
    _ofMonth: 'filter(flexibleEmployment, #.from <= last and #.to >= first)',
    _counting: 'len($._ofMonth) > 0 ? $._ofMonth : flexibleEmployment',
    _kept: 'some($._counting, #.from >= $._recognised and #.from <= submitted)',
    _possiblyUnemployed: 'covered.unemploymentRegistration < month ? 0 : $._unemployed',
    _possibly: 'filter(hardshipRecognition, #.from >= $._possiblyUnemployed)',
    _recognitionOpen: `covered.hardshipRecognition < month and not(${holds('hardshipRecognition')})`,
    _possiblyRecognised: `$._recognitionOpen ? $._possiblyUnemployed : ${earliest('$._possibly')}`,
    _registrationOpen: 'covered.flexibleEmployment < month and len($._ofMonth) == 0',
    _possible: `$._registrationOpen ? $._possiblyRecognised <= last : some($._counting, #.from >= $._possiblyRecognised and #.from <= submitted)`,
    sequence: `$._kept ? 'clear' : $._possible ? 'unknown' : 'hit'`,
    contributed: `some(contribution, ${individual} and not(#.refunded)) ? 'clear' : (some(contribution, ${individual}) or covered.contribution >= month) ? 'hit' : 'unknown'`,
    ...Object.fromEntries(
      Object.entries(exclusions).map(([code, kind]) => [camel(code), exclusion(kind, holds(kind))]),
    ),
    _retirementMonth: `bornMonth + base + (${delay})`,
    pastRetirement: exclusion('pension', '(month > $._retirementMonth or some(pension, #.from <= last))'),
    employerInsured: exclusion(
      'employerInsurance',
      `(${holds('employerInsurance')} or some(contribution, #.month == month and #.employer and not(#.refunded)))`,
    ),
    termExhausted: `used >= cap ? 'hit' : 'clear'`,
    dishonest: exclusion(
      'dishonesty',
      'some(dishonesty, #.from <= decided and #.to >= decided)',
      'monthBefore',
    ),
  };
  return Object.entries(expressions).map(([key, value]) => ({ id: key, key, value }));
}

function recordOf(fact: Fact): Record | Contribution {
  const days = { from: number(fact.from), to: fact.to === null ? never : number(fact.to) };
  if (fact.kind === 'household') return { ...days, local: fact.street.startsWith('3602') };
  if (fact.kind !== 'contribution') return days;
  const individual = fact.scheme === 'employees' && fact.payer === 'individual';
  return {
    month: monthIndex(fact.month),
    individual,
    employer: fact.payer === 'employer',
    refunded: fact.refunded,
  };
}

function number(day: Day): number {
  return Number(day.replaceAll('-', ''));
}

function camel(kind: string): string {
  return kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
