// Schemas of questions about a person's months and of the answers.

import { type Static, Type } from 'typebox';
import { Flags } from '../applications/flags/schemas.ts';
import {
  AmountFen,
  closed,
  Day,
  Instant,
  Month,
  named,
  nullable,
  Quarter,
  Uuid,
  worded,
} from '../platform/http/contract/schemas.ts';
import { factSchemas } from '../registers/records/schemas.ts';
import { monthOutcomes } from '../rules/assess.ts';
import { insurances, kinds } from '../rules/facts.ts';
import { asking, askingExample } from './questions/schemas.ts';

const Explanation = Type.String({
  description: '可向当事人说明的一句话 · one sentence to say to the person',
});
const Retirement = closed(
  {
    category: Type.String({ description: '退休类别 · retirement category' }),
    month: worded(Month, '法定退休月 · the month of statutory retirement'),
  },
  { description: '法定退休 · statutory retirement' },
);
const term = {
  near: Type.Boolean({
    description: '初次核定时距法定退休年龄不足 5 年 · near retirement at the first approval',
  }),
  firstApprovedOn: worded(Day, '初次核定日 · day of the first approval'),
  forecast: Type.Boolean({
    description: '尚未核定，按今天预测 · not fixed yet; as if first approved on the day of asking',
  }),
  cap: nullable(
    Type.Integer({ description: '最多月数；null 为至退休 · most months; null is until retirement' }),
  ),
  used: Type.Integer({ description: '已用月数 · months used' }),
  left: nullable(Type.Integer({ description: '剩余月数 · months left' })),
};
const Kind = Type.Enum([...kinds], { description: '记录种类 · kind of record' });
const FactId = Type.String({ description: '记录编号 · id of a record' });

const Outcome = Type.Enum([...monthOutcomes], {
  description:
    'payable 可发放，excluded 不予补贴，undetermined 尚不能确定，outside-policy 不在政策期内，' +
    'already-granted 已享受，still-owed 曾被追回、尚未还清，claimed-elsewhere 已在办理中的申请里（仅预审）',
});
const ClaimOutcome = Type.Enum(['approvable', 'refused', 'undetermined'], {
  description: 'approvable 可批准，refused 不予批准，undetermined 尚不能确定',
});

/** The facts that would have to differ. */
const Remedy = Type.Union([
  closed(
    {
      action: Type.Literal('supply', { description: '补充 · supply' }),
      kind: Kind,
      notBefore: nullable(worded(Day, '不早于 · not before')),
      notAfter: worded(Day, '不晚于 · not after'),
      insurance: Type.Optional(
        nullable(
          Type.Enum([...insurances], {
            description: '缴费的险种；null 为任一险种 · of a contribution: which insurance; null is any',
          }),
        ),
      ),
      paidAfter: Type.Optional(
        nullable(worded(Day, '须在该日退费之后缴纳 · of a contribution: paid after this refund')),
      ),
      explanation: Explanation,
    },
    { description: '补充一条记录 · a record to be found and delivered' },
  ),
  closed(
    {
      action: Type.Literal('withdraw', { description: '更正 · correct' }),
      factId: FactId,
      explanation: Explanation,
    },
    { description: '在来源处更正一条记录 · a record to be corrected at its source' },
  ),
  closed(
    {
      action: Type.Literal('confirm', { description: '确认 · confirm' }),
      kind: Kind,
      through: worded(Month, '至该月 · through this month'),
      explanation: Explanation,
    },
    {
      description:
        '登记机关报送到该月，或核实没有 · the register reports through this month, or an attestation',
    },
  ),
]);

export const Assessment = named(
  'Assessment',
  closed(
    {
      policyVersion: Type.String({
        description: '政策版本 · policy version',
        examples: ['jdz-2024-139/2025-01-01'],
      }),
      statutoryAge: Type.Enum(['national', 'document'], {
        description: '法定退休年龄口径 · which retirement ages',
      }),
      retirement: Retirement,
      term: closed({ ...term, explanation: Explanation }, { description: '补贴期限 · the term' }),
      months: Type.Array(
        closed({
          month: Month,
          outcome: Outcome,
          amountFen: AmountFen,
          lateClaim: Type.Boolean({ description: '申请较晚（仅提示） · late, a flag only' }),
          explanation: Explanation,
          checks: Type.Array(
            closed({
              code: Type.String({ description: '检查项 · check' }),
              title: Type.String({ description: '检查项名称 · its name' }),
              article: Type.String({ description: '条款 · article' }),
              answer: Type.Enum(['clear', 'hit', 'unknown'], {
                description: 'clear 通过，hit 不符合，unknown 登记数据尚未说明',
              }),
              explanation: Explanation,
              facts: Type.Array(FactId, { description: '依据的记录 · the records it rests on' }),
            }),
            { description: '全部检查项 · every check' },
          ),
          missing: nullable(
            Type.Array(Remedy, {
              description:
                '使该月可发放所需的最少事实；null 表示无法改变 · the fewest facts that would make it payable',
            }),
          ),
        }),
        { description: '各月份，按时间顺序 · each month, in calendar order' },
      ),
      outcome: ClaimOutcome,
      amountFen: AmountFen,
      explanation: Explanation,
    },
    { description: '逐月逐项的评估 · every check of every month' },
  ),
);
export type Assessment = Static<typeof Assessment>;

const whatIf = {
  bornOn: Type.Optional(Type.Unsafe<string>({ ...Day, description: '假如出生于 · another birth date' })),
  submittedOn: Type.Optional(
    Type.Unsafe<string>({
      ...Day,
      description: '假如在该日提交并审核（不早于今天） · as if submitted and decided on that day',
    }),
  ),
  withoutKinds: Type.Optional(
    Type.Array(Kind, {
      uniqueItems: true,
      description: '假如没有这些种类的记录 · as if there were none of these kinds',
    }),
  ),
  withoutRecords: Type.Optional(
    Type.Array(Uuid, {
      uniqueItems: true,
      maxItems: 200,
      description: '假如没有这些记录 · as if these were not on file',
    }),
  ),
};

export const CheckEligibility = named(
  'CheckEligibility',
  closed(
    {
      ...asking,
      quarter: Quarter,
      months: Type.Optional(
        Type.Array(Month, {
          minItems: 1,
          maxItems: 3,
          description: '不填则为该季度全部月份 · all of the quarter when absent',
        }),
      ),
      whatIf: Type.Optional(
        closed(
          {
            ...whatIf,
            records: Type.Optional(
              Type.Array(Type.Union(kinds.map((kind) => factSchemas[kind])), {
                maxItems: 200,
                description: '假如还有这些记录 · records laid over what is on file',
              }),
            ),
          },
          {
            description:
              '假设，仅用于本次回答，仅供工作人员 · suppositions, for this answer only; officers alone',
          },
        ),
      ),
    },
    {
      description: '询问谁的哪些月份 · whose months are asked about',
      examples: [{ ...askingExample, quarter: '2025Q2' }],
    },
  ),
);

/** The same question with supposed records not validated; each is validated by the schema of its kind. */
export const CheckEligibilityEnvelope = closed({
  ...CheckEligibility.properties,
  whatIf: Type.Optional(
    closed({ ...whatIf, records: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 200 })) }),
  ),
});
export type CheckEligibilityEnvelope = Static<typeof CheckEligibilityEnvelope>;

const Claimable = closed({
  month: Month,
  lateClaim: Type.Boolean({ description: '申请较晚（仅提示） · late, a flag only' }),
});
const outlook = {
  lastPossibleMonth: nullable(
    Type.Unsafe<string>({
      ...Month,
      description: '最后可能享受的月份 · the last month that can ever be payable',
    }),
  ),
  endMonthIfUnbroken: nullable(
    Type.Unsafe<string>({
      ...Month,
      description: '连续享受时的最后月份 · the last month if none is missed from here on',
    }),
  ),
};
const claimableNow = {
  claimedMonths: Type.Array(Month, {
    description: '已在办理中的申请里提出的月份 · months claimed in an open application, wherever it was made',
  }),
  claimable: Type.Array(Claimable, { description: '现在可以申请的月份 · months that can be claimed today' }),
};

const toKnow = {
  flags: Flags,
  ...claimableNow,
  materialsToSupply: Type.Array(
    closed({
      kind: Type.String({ description: '材料种类 · kind of material' }),
      title: Type.String({ description: '材料名称 · its name' }),
    }),
    { description: '受理时仍需提供的材料 · what would still be asked for at acceptance' },
  ),
};

export const Eligibility = named(
  'Eligibility',
  closed(
    { assessment: Assessment, ...outlook, ...toKnow },
    { description: '资格预审的回答（工作人员） · what the months would be worth, for officers' },
  ),
);

const { cap, used, left } = term;
const TermForPlatforms = closed({ cap, used, left }, { description: '补贴期限 · the term' });

export const EligibilityForPlatforms = named(
  'EligibilityForPlatforms',
  closed(
    {
      assessment: closed(
        {
          policyVersion: Type.String({ description: '政策版本 · policy version' }),
          term: TermForPlatforms,
          months: Type.Array(
            closed({
              month: Month,
              outcome: Outcome,
              amountFen: AmountFen,
              lateClaim: Type.Boolean({ description: '申请较晚（仅提示） · late, a flag only' }),
              explanation: Explanation,
              whatToDo: Type.Array(Type.String(), {
                description: '本人可以办理的事项；不含登记日期和记录 · what to do, without days and records',
              }),
            }),
            { description: '各月份，按时间顺序 · each month, in calendar order' },
          ),
          outcome: ClaimOutcome,
          amountFen: AmountFen,
          explanation: Explanation,
        },
        { description: '各月的结果和办理事项 · each month with what to do' },
      ),
      ...toKnow,
    },
    { description: '资格预审的回答（平台） · what the months would be worth, for platforms' },
  ),
);

const grantedMonths = {
  liveMonths: Type.Array(Month, { description: '已享受的月份 · live months' }),
  importedMonths: Type.Array(Month, {
    description: '以前或在其他地方已享受的月份 · granted before or elsewhere',
  }),
};

export const Entitlement = named(
  'Entitlement',
  closed(
    {
      personId: worded(Uuid, '人员编号 · id of the person'),
      retirement: Retirement,
      term: closed(
        {
          ...term,
          evidence: nullable(
            closed(
              {
                source: Type.Enum(['decision', 'prior-benefit'], {
                  description: 'decision 由本服务审核办结，prior-benefit 由历史数据导入',
                }),
                decidedAt: nullable(worded(Instant, '核定时间 · when it was decided')),
                caseNumber: nullable(Type.String({ description: '受理编号 · case number' })),
                policyVersion: Type.String({ description: '政策版本 · policy version' }),
              },
              { description: '期限的依据；尚未核定时为 null · what the term rests on' },
            ),
          ),
        },
        { description: '补贴期限 · the term' },
      ),
      ...grantedMonths,
      ...outlook,
      ...claimableNow,
    },
    { description: '享受期限和月份（工作人员） · term and months, for officers' },
  ),
);

export const EntitlementForPlatforms = named(
  'EntitlementForPlatforms',
  closed(
    {
      personId: worded(Uuid, '人员编号 · id of the person'),
      term: TermForPlatforms,
      ...grantedMonths,
      ...claimableNow,
    },
    { description: '享受期限和月份（平台） · term and months, for platforms' },
  ),
);

export const LookUpPerson = named(
  'LookUpPerson',
  closed(
    { ...asking },
    { description: '按身份号码和姓名查找 · by identity number and name', examples: [askingExample] },
  ),
);
export const PersonLookup = named(
  'PersonLookup',
  closed(
    {
      personId: nullable(
        Type.Unsafe<string>({
          ...Uuid,
          description:
            '没有登记数据，或姓名与登记不符时为 null · null when nothing is on file, or under another name',
        }),
      ),
    },
    { description: '查找结果 · who was found' },
  ),
);
