// Sentences that a street officer reads to a person: complete, and without personal data.

import * as fc from 'fast-check';
import t from 'tap';
import { assess, checkInputOf } from '../../src/rules/assess.ts';
import { type DescribedAssessment, describeAssessment, owedFenOf } from '../../src/rules/explain/explain.ts';
import { sentenceOf } from '../../src/rules/explain/sentences.ts';
import { type CheckCode, catalogue } from '../../src/rules/policy/catalogue.ts';
import { measureName } from '../../src/rules/policy/parameters.ts';
import { changePolicy } from '../../src/rules/policy/policy.ts';
import { spanOf } from '../../src/values/days.ts';
import { changed, policies, policyOn } from '../published-policies.ts';
import { type Case, claimOf, readCases } from './case-file.ts';
import { asked } from './people.ts';

const seed = Number(process.env['RULES_SEED'] ?? 20241206);
const numRuns = Number(process.env['RULES_RUNS'] ?? 4_000);
const cases = new Map(
  [...readCases('cases.yaml'), ...readCases('boundary-cases.yaml')].map((written) => [written.name, written]),
);

function described(name: string): DescribedAssessment {
  const written = cases.get(name);
  if (written === undefined) throw new Error(`no case ${name}`);
  const claim = claimOf(written);
  const policy = policyOn(claim.decidedOn, { statutoryAge: written.mode ?? 'national' });
  return describeAssessment(assess(claim, policy), claim, policies);
}

/** An ordinary claim of one month, with changes. */
function describedOf(changed: Partial<Case>, options: { isApproved?: boolean } = {}): DescribedAssessment {
  const claim = claimOf({
    name: '',
    claim: ['2025-04'],
    expect: { months: {}, amountFen: 0 },
    ...changed,
  });
  const assessment = assess(claim, policyOn(claim.decidedOn, { statutoryAge: 'national' }));
  return describeAssessment(assessment, claim, policies, options);
}

function sentence(name: string, month: string, code: CheckCode): string | undefined {
  const checks = described(name).months.find((one) => one.month === month)?.checks;
  return checks?.find((check) => check.code === code)?.explanation;
}

t.test('each check’s sentence names the finding, the days and the article', async (t) => {
  const said: [string, string, CheckCode, string][] = [
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'local-household',
      '2025年4月30日和申请之日2025年7月5日您都是本市户籍。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项）',
    ],
    [
      'a household in another city is not local',
      '2025-04',
      'local-household',
      '2025年4月30日和申请之日2025年7月5日您不是本市户籍，现有记录：外地户籍（1990年1月1日起）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项）',
    ],
    [
      'who has left the city before applying is no longer local',
      '2025-05',
      'local-household',
      '2025年5月31日和申请之日2025年7月5日您不是本市户籍，现有记录：本市户籍（1990年1月1日至2025年5月14日）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项）',
    ],
    [
      'without a household record or its register the month stays open',
      '2025-04',
      'local-household',
      '2025年4月30日和申请之日2025年7月5日没有您的本市户籍登记。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项）',
    ],
    [
      'a residence permit is no household, even with a household on record',
      '2025-04',
      'local-household',
      '您使用的是居住证，没有本市户籍。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项）',
    ],
    [
      'a death before the submission ends the household, though its register has not caught up',
      '2025-04',
      'local-household',
      '登记显示申请人已于2025年7月4日去世。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项）',
    ],
    [
      'sixteen the day after is not',
      '2025-04',
      'working-age',
      '2025年4月30日您未满16周岁。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项）',
    ],
    [
      'sixteen the day after is not',
      '2025-05',
      'working-age',
      '2025年5月31日您已达到劳动年龄。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项）',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'hardship-recognised',
      '您2025年4月是认定的就业困难人员：连续失业6个月以上的“4050”人员（2024年1月10日起）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（一）项）',
    ],
    [
      'recognised in May and registered in June, June is the first month',
      '2025-04',
      'hardship-recognised',
      '您2025年4月没有有效的就业困难人员认定（现有记录：2025年5月20日起）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（一）项）',
    ],
    [
      'while the recognition register is silent the order is not held against anybody',
      '2025-04',
      'hardship-recognised',
      '就业困难人员认定的数据尚未更新到2025年4月，暂时无法核对；待数据更新或经办人员核实后再判断。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（一）项）',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'flexibly-employed',
      '您2025年4月有灵活就业登记（2024年3月1日起）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项、第五条第（一）项）',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'sequence',
      '您依次办理了失业登记（2023年6月1日）、就业困难人员认定（2024年1月10日）、灵活就业登记（2024年3月1日），再申请补贴。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第五条第（一）项）',
    ],
    [
      'never registered as unemployed is out of order',
      '2025-04',
      'sequence',
      '您没有依次办理失业登记、就业困难人员认定、灵活就业登记；现有记录：没有失业登记、就业困难人员认定（2024年1月10日）、灵活就业登记（2024年3月1日）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第五条第（一）项）',
    ],
    [
      'while the recognition register is silent the order is not held against anybody',
      '2025-04',
      'sequence',
      '就业困难人员认定的数据尚未更新到2025年4月，暂时无法核对；待数据更新或经办人员核实后再判断。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第五条第（一）项）',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'contributed',
      '您以个人身份缴纳了2025年4月的职工养老保险费。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项、第四条）',
    ],
    [
      'a contribution that was refunded does not count',
      '2025-04',
      'contributed',
      '您2025年4月的职工养老保险费已经退费，没有退费后重新缴纳的记录。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项、第四条）',
    ],
    [
      'one insurance refunded and the other kept is a refund',
      '2025-04',
      'contributed',
      '您2025年4月的职工医疗保险费已经退费，没有退费后重新缴纳的记录。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项、第四条）',
    ],
    [
      'a refund told as a row of its own takes the month',
      '2025-04',
      'contributed',
      '您2025年4月的职工养老保险费已经退费，没有退费后重新缴纳的记录。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项、第四条）',
    ],
    [
      'a row from before the insurance was asked for is read as pension',
      '2025-04',
      'contributed',
      '您以个人身份缴纳了2025年4月的职工社会保险费。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项、第四条）',
    ],
    [
      'between fifty and fifty-five silence retires no woman',
      '2025-04',
      'past-retirement',
      '您的退休类别（女50周岁或55周岁）尚无登记，是否已超过法定退休年龄暂时不能确定：按50周岁一档，法定退休时间为2022年9月；按55周岁一档，为2028年6月。请向社保经办机构核实您的退休类别，登记后再判断。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第4项）',
    ],
    [
      'past fifty-five no category is asked for',
      '2025-04',
      'past-retirement',
      '女性法定退休年龄分50周岁和55周岁两档，您2025年4月都已经超过。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第4项）',
    ],
    [
      'a month nobody contributed for is not paid',
      '2025-05',
      'contributed',
      '没有您以个人身份缴纳2025年5月职工社会保险费的记录。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项、第四条）',
    ],
    [
      'a month with two exclusions is told both, and its neighbours are paid',
      '2025-05',
      'unemployment-benefit',
      '您2025年5月有领取失业保险金的记录（2025年5月3日至20日）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第六条第1项）',
    ],
    [
      'the cap is reached inside a quarter that has a gap',
      '2025-05',
      'unemployment-benefit',
      '您2025年5月有领取失业保险金的记录（2025年5月31日）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第六条第1项）',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'past-retirement',
      '您2034年4月达到法定退休年龄，2025年4月没有超过，也没有领取养老金。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第4项）',
    ],
    [
      'retirement month pays and the following one does not',
      '2025-09',
      'past-retirement',
      '您于2025年8月达到法定退休年龄，2025年9月已经超过。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第4项）',
    ],
    [
      "a pension taken early ends it with the pension's first month",
      '2026-03',
      'past-retirement',
      '您从2026年3月1日起领取养老金。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第4项）',
    ],
    [
      'before the age the pension register must have spoken',
      '2025-04',
      'past-retirement',
      '养老金领取的数据尚未更新到2025年4月，暂时无法核对；待数据更新或经办人员核实后再判断。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第4项）',
    ],
    [
      "an officer's attestation over the whole month settles what a register leaves open",
      '2025-04',
      'employer-insured',
      '您2025年4月没有用人单位参保记录。已由经办人员核实。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第六条第5项）',
    ],
    [
      'recognised twice, both times after registering, is the wrong order',
      '2025-04',
      'sequence',
      '您没有依次办理失业登记、就业困难人员认定、灵活就业登记；现有记录：失业登记（2023年6月1日）、就业困难人员认定（2024年4月2日、2024年10月1日）、灵活就业登记（2024年3月1日）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第五条第（一）项）',
    ],
    [
      'a record of her category counts for the months that end within it',
      '2025-05',
      'past-retirement',
      '您于2022年9月达到法定退休年龄，2025年5月已经超过。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第4项）',
    ],
    [
      'what an officer found against the person counts beside a register that knows nothing of it',
      '2025-04',
      'public-post',
      '您2025年4月有公益性岗位安置记录（2025年4月10日至12日）。已由经办人员核实。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第六条第3项）',
    ],
    [
      'a contribution by an employer is no contribution as an individual, and insures by an employer',
      '2025-04',
      'contributed',
      '没有您以个人身份缴纳2025年4月职工社会保险费的记录。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第一条第（二）项、第四条）',
    ],
    [
      "an employer's insurance without an end excludes every month from its start",
      '2025-05',
      'employer-insured',
      '您2025年5月有用人单位参保记录（2025年5月31日起）。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第六条第5项）',
    ],
    [
      'with thirty-five months used one is left',
      '2025-04',
      'term-exhausted',
      '您累计享受的月数未满36个月。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第6项）',
    ],
    [
      'with thirty-five months used one is left',
      '2025-05',
      'term-exhausted',
      '您累计享受补贴已满36个月。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第6项）',
    ],
    [
      'near retirement has no ceiling of months',
      '2025-04',
      'term-exhausted',
      '您的补贴可享受至退休，不限月数。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第6项）',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'dishonest',
      '2025年7月10日您不在失信名单上。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第六条第7项）',
    ],
    [
      'whoever is on the dishonesty list when it is decided gets nothing',
      '2025-04',
      'dishonest',
      '2025年7月10日您在失信名单上（2025年7月1日起），本次申请不予补贴。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第六条第7项）',
    ],
    [
      'the dishonesty list must have been reported through the month before the decision',
      '2025-04',
      'dishonest',
      '失信名单的数据尚未更新到2025年6月，暂时无法核对；待数据更新或经办人员核实后再判断。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第六条第7项）',
    ],
  ];
  for (const [name, month, code, expected] of said)
    t.equal(sentence(name, month, code), expected, `${code}: ${name}`);
});

t.test('a sentence names the first of several pensions, and several days in order', async (t) => {
  const [written] = readCases('cases.yaml');
  if (written === undefined) throw new Error('no case');
  const add = [
    { kind: 'pension', from: '2025-03-01' },
    { kind: 'pension', from: '2025-02-01' },
    { kind: 'pension', from: '2025-04-01' },
    { kind: 'public-post', from: '2025-04-20', to: '2025-04-25' },
    { kind: 'public-post', from: '2025-04-02', to: '2025-04-03' },
  ] as const;
  const claim = claimOf({ ...written, claim: ['2025-04'], add: [...add] });
  const told = describeAssessment(
    assess(claim, policyOn(claim.decidedOn, { statutoryAge: 'national' })),
    claim,
    policies,
  );
  const said = (code: CheckCode) => told.months[0]?.checks.find((check) => check.code === code)?.explanation;
  t.equal(
    said('past-retirement'),
    '您从2025年2月1日起领取养老金。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第4项）',
  );
  t.match(said('public-post'), '（2025年4月2日至3日、2025年4月20日至25日）');
});

t.test('each month’s sentence states its outcome', async (t) => {
  const said = (name: string) => described(name).months.map(({ explanation }) => explanation);
  t.strictSame(said('a month with two exclusions is told both, and its neighbours are paid').slice(0, 2), [
    '2025年4月符合条件，补贴500元。',
    '2025年5月不予补贴。存在不予补贴情形：领取失业保险金、有用人单位参保记录。',
  ]);
  t.strictSame(said("June stays open while the employers' register has not reported it").slice(2), [
    '2025年6月数据未到齐，暂时不能确定，尚待核实：是否有用人单位参保记录。',
  ]);
  t.strictSame(said('what lies before the measure is outside it').slice(0, 1), [
    '2024年11月早于办法开始适用的2024年12月，不在补贴范围。',
  ]);
  t.strictSame(said('a month already granted is not granted again').slice(0, 1), [
    '2025年4月已经核定过补贴，不能再次申领。',
  ]);
  t.strictSame(
    said('a recovered month of which something is still owed waits until that is repaid').slice(0, 1),
    ['2025年4月补贴曾被追回，尚欠200元未退还，还清后可再申请。'],
  );
  t.strictSame(said('an older month is flagged and paid'), [
    '2025年4月符合条件，补贴500元。申请时间较晚，仅作提示，不影响补贴。',
  ]);
});

t.test('the sentences on the total and the term state the person’s situation', async (t) => {
  const said = (name: string) => [described(name).explanation, described(name).term.explanation];
  t.strictSame(said('with thirty-five months used one is left'), [
    '可以核定1个月，补贴500元。',
    '于2022年1月10日初次核定，距法定退休时间（2031年1月）满5年，累计最长享受36个月，已享受35个月，还剩1个月。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第6项）',
  ]);
  t.strictSame(said('a day after that it is less than five years'), [
    '可以核定3个月，补贴1500元。',
    '如在2026年7月16日初次核定，距法定退休时间（2031年7月，按日计算）不足5年，可享受至退休，不限月数。（《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》第三条、第六条第6项）',
  ]);
  t.equal(
    described('a register complete through exactly the month has spoken of it').explanation,
    '还有1个月尚待核实，暂时不能核定。',
  );
  t.equal(
    described('thirty-six months granted elsewhere are the whole term').explanation,
    '没有可以补贴的月份，本次申请不予补贴；以后符合条件的，可以再次申请。',
  );
});

t.test('no sentence reveals the day of birth or the equal day of retirement', async (t) => {
  const born = { M: '1965-01-23', F: '1975-03-23' } as const;
  for (const sex of ['M', 'F'] as const) {
    const told = describedOf({ person: { sex, born: born[sex] }, term: null, claim: ['2025-06'] });
    const sentences = JSON.stringify(told).match(/[^"]*23日[^"]*|\d{4}-\d\d-23/g);
    t.equal(sentences, null, sex);
  }
});

t.test('a refused month lists unmet conditions and exclusions separately', async (t) => {
  const told = describedOf({
    drop: ['hardship-recognition'],
    add: [{ kind: 'imprisonment', from: '2025-04-01', to: '2025-04-30' }],
  });
  const [month] = told.months;
  t.equal(
    month?.explanation,
    '2025年4月不予补贴。未满足：就业困难人员认定、依次办理登记；存在不予补贴情形：服刑。',
  );
  const findings = month?.checks.filter(({ answer }) => answer === 'hit').map(({ finding }) => finding);
  t.strictSame(findings?.at(-1), '您2025年4月有服刑记录（2025年4月1日至30日）。');
});

t.test('explanations distinguish a first approval from a forecast', async (t) => {
  const told = (options: { isApproved?: boolean }) =>
    describedOf({ term: null }, options).term.explanation.split('，')[0];
  t.equal(told({}), '如在2025年7月10日初次核定');
  t.equal(told({ isApproved: true }), '于2025年7月10日初次核定');
});

t.test('a person past the age is never told that less than five years are left', async (t) => {
  const told = (
    person: { sex: 'M' | 'F'; born: string },
    add: Case['add'] = [],
    coverage: NonNullable<Case['coverage']> = {},
  ) => describedOf({ person, add, coverage, term: null }).term.explanation.replace(/（《.*/, '');
  t.equal(told({ sex: 'M', born: '1965-01-10' }), '您已超过法定退休年龄（2025年2月），补贴最多到2025年2月。');
  t.equal(told({ sex: 'F', born: '1975-03-02' }), '您已超过法定退休年龄（2025年5月），补贴最多到2025年5月。');
  t.equal(
    told({ sex: 'F', born: '1975-03-02' }, [
      { kind: 'retirement-category', category: 'F50', from: '2015-01-01' },
    ]),
    '您已超过法定退休年龄（2025年5月），补贴最多到2025年5月。',
  );
  const untold = { 'retirement-category': null };
  t.equal(
    told({ sex: 'F', born: '1975-03-02' }, [], untold),
    '您的退休类别（女50周岁或55周岁）尚无登记，是否已超过法定退休年龄暂时不能确定：按50周岁一档，法定退休时间为2025年5月；按55周岁一档，为2031年7月。请向社保经办机构核实您的退休类别，登记后再判断。',
  );
  t.equal(
    told({ sex: 'F', born: '1969-03-02' }, [], untold),
    '您已超过法定退休年龄（2024年3月），补贴最多到2024年3月。',
  );
  t.match(told({ sex: 'M', born: '1965-07-10' }), '距法定退休时间（2025年9月）不足5年，可享受至退休');
});

t.test('an imported term that contradicts its dates is explained as registered', async (t) => {
  const told = (firstApprovedOn: string, near: boolean) => {
    const claim = claimOf({ name: '', claim: ['2025-04'], expect: { months: {}, amountFen: 0 } });
    const term = {
      firstApprovedOn,
      near,
      retirementOn: '2027-11-10',
      cap: near ? null : 36,
      policyVersion: 'jdz-2024-139/2024-12-06',
    };
    const assessment = assess({ ...claim, term }, policyOn('2025-07-10', { statutoryAge: 'national' }));
    return describeAssessment(assessment, { ...claim, term }, policies).term.explanation.replace(
      /（《.*/,
      '',
    );
  };
  t.equal(
    told('2023-02-10', false),
    '于2023年2月10日初次核定，当时由办理机构登记为不属于距法定退休不足5年，累计最长享受36个月，已享受3个月，还剩33个月。',
  );
  t.equal(
    told('2021-02-10', true),
    '于2021年2月10日初次核定，当时由办理机构登记为距法定退休不足5年，可享受至退休，不限月数。',
  );
  t.equal(
    told('2021-02-10', false),
    '于2021年2月10日初次核定，距法定退休时间（2027年11月）满5年，累计最长享受36个月，已享受3个月，还剩33个月。',
  );
});

t.test('before fifty a woman waits for the pension register alone, whatever her category', async (t) => {
  const { months } = describedOf({
    person: { sex: 'F', born: '1980-03-02' },
    coverage: { 'retirement-category': null, pension: null },
  });
  t.equal(
    months[0]?.checks.find(({ code }) => code === 'past-retirement')?.finding,
    '养老金领取的数据尚未更新到2025年4月，暂时无法核对；待数据更新或经办人员核实后再判断。',
  );
});

t.test('an older claim without debts is explained as owing nothing', async (t) => {
  t.equal(owedFenOf({}, '2025-04'), 0);
});

t.test('a death is explained as such, not as a household that is not local', async (t) => {
  const [month] = described(
    'a death before the submission ends the household, though its register has not caught up',
  ).months;
  t.equal(month?.explanation, '2025年4月不予补贴。申请人已去世。');
  const [check] = month?.checks ?? [];
  t.strictSame(
    [check?.code, check?.title, check?.finding],
    ['local-household', '申请人已去世', '登记显示申请人已于2025年7月4日去世。'],
  );
});

t.test('a household that was not local on one of the two days is explained for that day only', async (t) => {
  const said = (...households: { from: string; to?: string; street: string }[]) => {
    const add = households.map((household) => ({ kind: 'household' as const, ...household }));
    return describedOf({ drop: ['household'], add }).months[0]?.checks[0]?.finding;
  };
  const [here, elsewhere] = ['360203007', '360102001'];
  t.equal(
    said({ from: '1990-01-01', to: '2025-05-31', street: elsewhere }, { from: '2025-06-01', street: here }),
    '2025年4月30日您不是本市户籍，现有记录：外地户籍（1990年1月1日至2025年5月31日）、本市户籍（2025年6月1日起）。',
  );
  t.equal(
    said({ from: '1990-01-01', to: '2025-05-31', street: here }, { from: '2025-06-01', street: elsewhere }),
    '申请之日2025年7月5日您不是本市户籍，现有记录：本市户籍（1990年1月1日至2025年5月31日）、外地户籍（2025年6月1日起）。',
  );
});

t.test('explanations name each required insurance that is not paid', async (t) => {
  const said = (requiredInsurances: 'all' | 'medical', ...insurances: string[]) => {
    const add = insurances.map((insurance) => ({
      kind: 'contribution' as const,
      month: '2025-04',
      insurance,
    }));
    const claim = claimOf({
      name: '',
      claim: ['2025-04'],
      contributions: [],
      add,
      expect: { months: {}, amountFen: 0 },
    });
    const policy = changePolicy(
      policyOn(claim.decidedOn, { statutoryAge: 'national' }),
      changed({ requiredInsurances }),
    );
    const [month] = assess(claim, policy).months;
    const check = month?.checks.find(({ code }) => code === 'contributed');
    if (month === undefined || check === undefined) throw new Error('no check');
    const facts = claim.facts.filter(({ id }) => check.facts.includes(id));
    return sentenceOf(check, { input: checkInputOf(claim, policy), span: spanOf('2025-04'), facts });
  };
  t.equal(said('all'), '没有您以个人身份缴纳2025年4月职工养老保险、医疗保险费的记录。');
  t.equal(said('all', 'pension'), '没有您以个人身份缴纳2025年4月职工医疗保险费的记录。');
  t.equal(said('medical', 'pension'), '没有您以个人身份缴纳2025年4月职工医疗保险费的记录。');
  t.equal(said('all', 'medical', 'pension'), '您以个人身份缴纳了2025年4月的职工养老保险、医疗保险费。');
});

t.test('each remedy’s sentence names the record needed', async (t) => {
  const said = (name: string) => described(name).months[0]?.missing?.map(({ explanation }) => explanation);
  t.strictSame(said('never registered as unemployed is out of order'), [
    '在2024年1月10日（含）前办理过失业登记。',
  ]);
  t.strictSame(said('registered before being recognised is the wrong order'), [
    '在2024年6月1日至2025年4月30日之间办理灵活就业登记，并在2025年4月内有效。',
  ]);
  t.strictSame(said('a household in another city is not local'), [
    '在2025年4月30日（含）前登记为本市户籍，并保持到申请之日。',
  ]);
  t.strictSame(said("the residents' scheme does not count"), [
    '以个人身份缴纳2025年4月的职工社会保险费，且没有退费。',
  ]);
  const paidAgain = ['在2025年5月20日退费之后重新以个人身份缴纳2025年4月的职工养老保险费，且没有退费。'];
  t.strictSame(
    said('two registers that tell the payment before the refund do not make it a new one'),
    paidAgain,
  );
  t.strictSame(said('a woman without a record of her category retires from fifty'), [
    '在2025年4月30日（含）前登记为女性55周岁退休类别。',
  ]);
  t.strictSame(said('whoever is on the dishonesty list when it is decided gets nothing'), [
    '失信名单记录（2025年7月1日起）如有误，请向登记机关申请更正。',
  ]);
  t.strictSame(
    said('a death before the submission ends the household, though its register has not caught up'),
    ['死亡记录（2025年7月4日）如有误，请向登记机关申请更正。'],
  );
  t.strictSame(said('before the age the pension register must have spoken'), [
    '养老金领取的数据更新到2025年4月后没有您的记录，或经办人员核实没有。',
  ]);
});

t.test('a missing recognition must hold in the month only if the month has none', async (t) => {
  const said = (changed: Pick<Case, 'drop' | 'add'>) =>
    describedOf(changed).months[0]?.missing?.map(({ explanation }) => explanation);
  t.strictSame(
    said({
      drop: ['unemployment-registration'],
      add: [{ kind: 'unemployment-registration', from: '2024-02-01' }],
    }),
    ['在2024年2月1日至2024年3月1日之间被认定为就业困难人员。'],
    'recognised before the unemployment',
  );
  t.strictSame(
    said({
      drop: ['hardship-recognition'],
      add: [{ kind: 'hardship-recognition', category: 'disabled', from: '2024-01-10', to: '2025-03-31' }],
    }),
    ['在2025年4月30日（含）前被认定为就业困难人员，并在2025年4月内有效。'],
    'recognised until March',
  );
});

t.test(`explanations are complete and contain nothing personal, seed ${seed}`, async () => {
  fc.assert(
    fc.property(asked, ({ mode, claim }) => {
      const told = describeAssessment(
        assess(claim, policyOn(claim.decidedOn, { statutoryAge: mode })),
        claim,
        policies,
      );
      const said = [told.explanation, told.term.explanation];
      for (const month of told.months) {
        said.push(month.explanation, ...(month.missing ?? []).map(({ explanation }) => explanation));
        for (const check of month.checks) {
          said.push(check.explanation);
          if (!check.explanation.endsWith(`（${measureName}${catalogue[check.code].article}）`))
            throw new Error(check.explanation);
        }
      }
      for (const text of said) {
        if (/[A-Za-z]|\d{5}|NaN|（）|。。|、、|^[，、。]/.test(text)) throw new Error(text);
      }
    }),
    { seed, numRuns, unbiased: true },
  );
});

t.test('explaining does not change the assessment', async (t) => {
  const written = readCases('cases.yaml')[1];
  if (written === undefined) throw new Error('no case');
  const claim = claimOf(written);
  const assessment = assess(claim, policyOn(claim.decidedOn, { statutoryAge: 'national' }));
  const told = describeAssessment(assessment, claim, policies);
  const { category, month } = assessment.retirement;
  const kept = { ...assessment, retirement: { category, month } };
  t.has(JSON.parse(JSON.stringify(told)), JSON.parse(JSON.stringify(kept)));
  t.strictSame(
    told.retirement,
    kept.retirement,
    'the day of retirement is the day of birth, and is not told',
  );
});

t.test('an assessment by an unknown policy cannot be explained', async (t) => {
  const written = readCases('cases.yaml')[0];
  if (written === undefined) throw new Error('no case');
  const claim = claimOf(written);
  const assessment = assess(claim, policyOn(claim.decidedOn, { statutoryAge: 'national' }));
  t.throws(
    () => describeAssessment({ ...assessment, policyVersion: 'somewhere-else/2020-01-01' }, claim, policies),
    RangeError,
  );
});
