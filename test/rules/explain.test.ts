// What a street officer reads to a person: the sentences, and that nothing personal and nothing unfinished is in them.

import * as fc from 'fast-check';
import t from 'tap';
import { assess } from '../../src/rules/assess.ts';
import { type CheckCode, catalogue } from '../../src/rules/catalogue.ts';
import { type DescribedAssessment, describeAssessment } from '../../src/rules/explain.ts';
import { policyOn } from '../../src/rules/policy.ts';
import { claimOf, readCases } from './case-file.ts';
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
  return describeAssessment(assess(claim, policy), claim);
}

function sentence(name: string, month: string, code: CheckCode): string | undefined {
  const checks = described(name).months.find((one) => one.month === month)?.checks;
  return checks?.find((check) => check.code === code)?.explanation;
}

t.test('each check says what it found, on which days, by which article', async (t) => {
  const said: [string, string, CheckCode, string][] = [
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'local-household',
      '2025年4月30日和申请之日2025年7月5日您都是本市户籍。（办法一（二））',
    ],
    [
      'a household in another city is not local',
      '2025-04',
      'local-household',
      '2025年4月30日和申请之日2025年7月5日都应当是本市户籍，现有记录：外地户籍（1990年1月1日起）。（办法一（二））',
    ],
    [
      'who has left the city before applying is no longer local',
      '2025-05',
      'local-household',
      '2025年5月31日和申请之日2025年7月5日都应当是本市户籍，现有记录：本市户籍（1990年1月1日至2025年5月14日）。（办法一（二））',
    ],
    [
      'without a household record or its register the month stays open',
      '2025-04',
      'local-household',
      '2025年4月30日和申请之日2025年7月5日都应当是本市户籍，现有记录：没有户籍登记。（办法一（二））',
    ],
    [
      'a residence permit is no household, even with a household on record',
      '2025-04',
      'local-household',
      '您使用的是居住证，没有本市户籍。（办法一（二））',
    ],
    [
      'a death before the submission ends the household, though its register has not caught up',
      '2025-04',
      'local-household',
      '登记显示当事人已于2025年7月4日去世，户籍随之注销。（办法一（二））',
    ],
    [
      'sixteen the day after is not',
      '2025-04',
      'working-age',
      '2025年4月30日您还没有达到劳动年龄。（办法一（二））',
    ],
    [
      'sixteen the day after is not',
      '2025-05',
      'working-age',
      '2025年5月31日您已达到劳动年龄。（办法一（二））',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'hardship-recognised',
      '2025年4月您是认定的就业困难人员：连续失业6个月以上的“4050”人员（2024年1月10日起）。（办法一（一））',
    ],
    [
      'recognised in May and registered in June, June is the first month',
      '2025-04',
      'hardship-recognised',
      '2025年4月没有有效的就业困难人员认定（现有记录：2025年5月20日起）。（办法一（一））',
    ],
    [
      'while the recognition register is silent the order is not held against anybody',
      '2025-04',
      'hardship-recognised',
      '就业困难人员认定还没有报送您截至2025年4月的数据，现有记录不能判定，须等数据到齐或由经办人员核实。（办法一（一））',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'flexibly-employed',
      '2025年4月您有灵活就业登记（2024年3月1日起）。（办法一（二）、五（一））',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'sequence',
      '您依次办理了失业登记（2023年6月1日）、就业困难人员认定（2024年1月10日）、灵活就业登记（2024年3月1日），再申请补贴。（办法五（一））',
    ],
    [
      'never registered as unemployed is out of order',
      '2025-04',
      'sequence',
      '失业登记、就业困难人员认定、灵活就业登记应当依次办理；现有记录：没有失业登记、就业困难人员认定（2024年1月10日）、灵活就业登记（2024年3月1日）。（办法五（一））',
    ],
    [
      'while the recognition register is silent the order is not held against anybody',
      '2025-04',
      'sequence',
      '就业困难人员认定还没有报送您截至2025年4月的数据，现有记录不能判定，须等数据到齐或由经办人员核实。（办法五（一））',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'contributed',
      '您以个人身份缴纳了2025年4月的职工社会保险费。（办法一（二）、四）',
    ],
    [
      'a contribution that was refunded does not count',
      '2025-04',
      'contributed',
      '您2025年4月的社会保险费已经退费，该月不予补贴。（办法一（二）、四）',
    ],
    [
      'a month nobody contributed for is not paid',
      '2025-05',
      'contributed',
      '没有您以个人身份缴纳2025年5月职工社会保险费的记录，该月不予补贴。（办法一（二）、四）',
    ],
    [
      'a month with two exclusions is told both, and its neighbours are paid',
      '2025-05',
      'unemployment-benefit',
      '2025年5月有您领取失业保险金的记录（2025年5月3日至2025年5月20日），该月不予补贴。（办法六.1）',
    ],
    [
      'the cap is reached inside a quarter that has a gap',
      '2025-05',
      'unemployment-benefit',
      '2025年5月有您领取失业保险金的记录（2025年5月31日），该月不予补贴。（办法六.1）',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'past-retirement',
      '您到2034年4月达到法定退休年龄，2025年4月没有超过，也没有开始领取养老金。（办法三、六.4）',
    ],
    [
      'retirement month pays and the following one does not',
      '2025-09',
      'past-retirement',
      '您已于2025年8月20日达到法定退休年龄，2025年9月不予补贴。（办法三、六.4）',
    ],
    [
      "a pension taken early ends it with the pension's first month",
      '2026-03',
      'past-retirement',
      '您从2026年3月1日起领取养老金，2026年3月不予补贴。（办法三、六.4）',
    ],
    [
      'before the age the pension register must have spoken',
      '2025-04',
      'past-retirement',
      '养老金领取还没有报送您截至2025年4月的数据，现有记录不能判定，须等数据到齐或由经办人员核实。（办法三、六.4）',
    ],
    [
      "an officer's attestation over the whole month settles what a register leaves open",
      '2025-04',
      'employer-insured',
      '2025年4月没有您用人单位参保的记录。已由经办人员核实。（办法六.5）',
    ],
    [
      'recognised twice, both times after registering, is the wrong order',
      '2025-04',
      'sequence',
      '失业登记、就业困难人员认定、灵活就业登记应当依次办理；现有记录：失业登记（2023年6月1日）、就业困难人员认定（2024年4月2日、2024年10月1日）、灵活就业登记（2024年3月1日）。（办法五（一））',
    ],
    [
      'a record of her category counts for the months that end within it',
      '2025-05',
      'past-retirement',
      '您已于2022年9月10日达到法定退休年龄，2025年5月不予补贴。（办法三、六.4）',
    ],
    [
      'what an officer found against the person counts beside a register that knows nothing of it',
      '2025-04',
      'public-post',
      '2025年4月有您公益性岗位安置的记录（2025年4月10日至2025年4月12日），该月不予补贴。已由经办人员核实。（办法六.3）',
    ],
    [
      'a contribution by an employer is no contribution as an individual, and insures by an employer',
      '2025-04',
      'contributed',
      '没有您以个人身份缴纳2025年4月职工社会保险费的记录，该月不予补贴。（办法一（二）、四）',
    ],
    [
      "an employer's insurance without an end excludes every month from its start",
      '2025-05',
      'employer-insured',
      '2025年5月有您用人单位参保的记录（2025年5月31日起），该月不予补贴。（办法六.5）',
    ],
    [
      'with thirty-five months used one is left',
      '2025-04',
      'term-exhausted',
      '您累计享受的月数未满36个月。（办法三、六.6）',
    ],
    [
      'with thirty-five months used one is left',
      '2025-05',
      'term-exhausted',
      '您累计享受补贴已满36个月，不再补贴。（办法三、六.6）',
    ],
    [
      'near retirement has no ceiling of months',
      '2025-04',
      'term-exhausted',
      '您的补贴可享受至退休，不限月数。（办法三、六.6）',
    ],
    [
      'an ordinary quarter pays all three months',
      '2025-04',
      'dishonest',
      '2025年7月10日您不在失信名单上。（办法六.7）',
    ],
    [
      'whoever is on the dishonesty list when it is decided gets nothing',
      '2025-04',
      'dishonest',
      '2025年7月10日您在失信名单上（2025年7月1日起），本次申请不予补贴。（办法六.7）',
    ],
    [
      'the dishonesty list must have been reported through the month before the decision',
      '2025-04',
      'dishonest',
      '失信名单还没有报送您截至2025年6月的数据，现有记录不能判定，须等数据到齐或由经办人员核实。（办法六.7）',
    ],
  ];
  for (const [name, month, code, expected] of said)
    t.equal(sentence(name, month, code), expected, `${code}: ${name}`);
});

t.test('of several pensions the first is named, and of several days all in their order', async (t) => {
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
  );
  const said = (code: CheckCode) => told.months[0]?.checks.find((check) => check.code === code)?.explanation;
  t.equal(said('past-retirement'), '您从2025年2月1日起领取养老金，2025年4月不予补贴。（办法三、六.4）');
  t.match(said('public-post'), '（2025年4月2日至2025年4月3日、2025年4月20日至2025年4月25日）');
});

t.test('each month says what it comes to', async (t) => {
  const said = (name: string) => described(name).months.map(({ explanation }) => explanation);
  t.strictSame(said('a month with two exclusions is told both, and its neighbours are paid').slice(0, 2), [
    '2025年4月符合条件，补贴500元。',
    '2025年5月不予补贴，以下各项不符合：领取失业保险金、有用人单位参保记录。',
  ]);
  t.strictSame(said("June stays open while the employers' register has not reported it").slice(2), [
    '2025年6月暂时不能确定，以下各项尚待核实：有用人单位参保记录。',
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

t.test('the whole and the term say where the person stands', async (t) => {
  const said = (name: string) => [described(name).explanation, described(name).term.explanation];
  t.strictSame(said('with thirty-five months used one is left'), [
    '可以核定1个月，补贴500元。',
    '按2022年1月10日初次核定，距法定退休时间（2031年1月1日）满5年，累计最长享受36个月，已享受35个月，还剩1个月。（办法三、六.6）',
  ]);
  t.strictSame(said('a day after that it is less than five years'), [
    '可以核定3个月，补贴1500元。',
    '如在2026年7月16日初次核定，距法定退休时间（2031年7月15日）不足5年，可享受至退休，不限月数。（办法三、六.6）',
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

t.test('each remedy says which record would be needed', async (t) => {
  const said = (name: string) => described(name).months[0]?.missing?.map(({ explanation }) => explanation);
  t.strictSame(said('never registered as unemployed is out of order'), [
    '有失业登记，开始时间不晚于2024年1月10日，并持续有效。',
  ]);
  t.strictSame(said('registered before being recognised is the wrong order'), [
    '有灵活就业登记，开始时间不早于2024年6月1日、不晚于2025年4月30日，并持续有效。',
  ]);
  t.strictSame(said('a household in another city is not local'), [
    '有本市户籍登记，开始时间不晚于2025年4月30日，并持续有效。',
  ]);
  t.strictSame(said("the residents' scheme does not count"), [
    '有以个人身份缴纳2025年4月职工社会保险费且未退费的记录。',
  ]);
  t.strictSame(said('a woman without a record of her category retires from fifty'), [
    '有女性55周岁退休类别的记录，不晚于2025年4月30日。',
  ]);
  t.strictSame(said('whoever is on the dishonesty list when it is decided gets nothing'), [
    '失信名单记录（2025年7月1日起）如有误，须由登记机关更正。',
  ]);
  t.strictSame(
    said('a death before the submission ends the household, though its register has not caught up'),
    ['死亡记录（2025年7月4日）如有误，须由登记机关更正。'],
  );
  t.strictSame(said('before the age the pension register must have spoken'), [
    '养老金领取的数据报送到2025年4月且没有记录，或由经办人员核实没有。',
  ]);
});

t.test(`nothing personal and nothing unfinished is ever said, seed ${seed}`, async () => {
  fc.assert(
    fc.property(asked, ({ mode, claim }) => {
      const told = describeAssessment(
        assess(claim, policyOn(claim.decidedOn, { statutoryAge: mode })),
        claim,
      );
      const said = [told.explanation, told.term.explanation];
      for (const month of told.months) {
        said.push(month.explanation, ...(month.missing ?? []).map(({ explanation }) => explanation));
        for (const check of month.checks) {
          said.push(check.explanation);
          if (!check.explanation.endsWith(`（办法${catalogue[check.code].article}）`))
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

t.test('describing changes nothing of what was assessed', async (t) => {
  const written = readCases('cases.yaml')[1];
  if (written === undefined) throw new Error('no case');
  const claim = claimOf(written);
  const assessment = assess(claim, policyOn(claim.decidedOn, { statutoryAge: 'national' }));
  const told = describeAssessment(assessment, claim);
  t.has(JSON.parse(JSON.stringify(told)), JSON.parse(JSON.stringify(assessment)));
});

t.test('an assessment by a policy nobody knows is not described', async (t) => {
  const written = readCases('cases.yaml')[0];
  if (written === undefined) throw new Error('no case');
  const claim = claimOf(written);
  const assessment = assess(claim, policyOn(claim.decidedOn, { statutoryAge: 'national' }));
  t.throws(
    () => describeAssessment({ ...assessment, policyVersion: 'somewhere-else/2020-01-01' }, claim),
    RangeError,
  );
});
