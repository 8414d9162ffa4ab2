// Schemas of questions about a person's months and of the answers.

import { type Static, Type } from 'typebox';
import { FollowedApplication, MoneyOfMonth } from '../applications/application/schemas.ts';
import { Flags } from '../applications/flags/schemas.ts';
import { ClaimOutcome, MonthOutcome, RecordKind } from '../platform/http/contract/rule-words.ts';
import {
  AmountFen,
  CaseNumber,
  closed,
  Day,
  Instant,
  Month,
  named,
  nullable,
  Quarter,
  Uuid,
  worded,
  words,
} from '../platform/http/contract/schemas.ts';
import { RecordFact } from '../registers/records/schemas.ts';
import { Assessment, Explanation, Retirement, term } from './assessment-schemas.ts';
import { asking, askingExample } from './questions/schemas.ts';

const whatIf = {
  bornOn: Type.Optional(Type.Unsafe<string>({ ...Day, description: '假如出生于 · another birth date' })),
  submittedOn: Type.Optional(
    Type.Unsafe<string>({
      ...Day,
      description: '假如在该日提交并审核（不早于今天） · as if submitted and decided on that day',
    }),
  ),
  withoutKinds: Type.Optional(
    Type.Array(RecordKind, {
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
        named(
          'WhatIf',
          closed(
            {
              ...whatIf,
              records: Type.Optional(
                Type.Array(RecordFact, {
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

const Claimable = named(
  'ClaimableMonth',
  closed({
    month: Month,
    lateClaim: Type.Boolean({ description: '申请较晚（仅提示） · late, a flag only' }),
  }),
);
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
  grantedMonths: Type.Array(
    named('GrantedMonth', closed({ month: Month, amountFen: AmountFen, money: MoneyOfMonth })),
    {
      description:
        '所查月份中已批准的月份及其资金，不论由哪一渠道申请 · months asked about that are granted, with what became of their money',
    },
  ),
  materialsToSupply: Type.Array(
    named(
      'MaterialToSupply',
      closed({
        kind: Type.String({ description: '材料种类 · kind of material' }),
        title: Type.String({ description: '材料名称 · its name' }),
      }),
    ),
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
const TermForPlatforms = named(
  'TermForPlatforms',
  closed({ cap, used, left }, { description: '补贴期限 · the term' }),
);

export const EligibilityForPlatforms = named(
  'EligibilityForPlatforms',
  closed(
    {
      assessment: named(
        'AssessmentForPlatforms',
        closed(
          {
            policyVersion: Type.String({ description: '政策版本 · policy version' }),
            term: TermForPlatforms,
            months: Type.Array(
              named(
                'MonthForPlatforms',
                closed({
                  month: Month,
                  outcome: MonthOutcome,
                  amountFen: AmountFen,
                  lateClaim: Type.Boolean({ description: '申请较晚（仅提示） · late, a flag only' }),
                  explanation: Explanation,
                  whatToDo: Type.Array(Type.String(), {
                    description:
                      '本人可以办理的事项；不含登记日期和记录 · what to do, without days and records',
                  }),
                }),
              ),
              { description: '各月份，按时间顺序 · each month, in calendar order' },
            ),
            outcome: ClaimOutcome,
            amountFen: AmountFen,
            explanation: Explanation,
          },
          { description: '各月的结果和办理事项 · each month with what to do' },
        ),
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
      term: named(
        'Term',
        closed(
          {
            ...term,
            evidence: nullable(
              named(
                'EvidenceOfTerm',
                closed(
                  {
                    source: words(
                      'SourceOfTerm',
                      { decision: '由本服务审核办结', 'prior-benefit': '由历史数据导入' },
                      '期限由何而来 · where the term comes from',
                    ),
                    decidedAt: nullable(worded(Instant, '核定时间 · when it was decided')),
                    caseNumber: nullable(CaseNumber),
                    policyVersion: Type.String({ description: '政策版本 · policy version' }),
                  },
                  { description: '期限的依据；尚未核定时为 null · what the term rests on' },
                ),
              ),
            ),
          },
          { description: '补贴期限 · the term' },
        ),
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

export const FollowApplication = named(
  'FollowApplication',
  closed(
    { ...asking, caseNumber: CaseNumber },
    {
      description: '本人的哪一件申请 · which case of the person logged in',
      examples: [{ ...askingExample, caseNumber: 'JDZ25-0000001-9' }],
    },
  ),
);
export type FollowApplication = Static<typeof FollowApplication>;
export const ApplicationFollowed = named(
  'ApplicationFollowed',
  closed(
    {
      application: nullable(
        worded(
          FollowedApplication,
          '没有这一申请，或号码、姓名不符时为 null · null when there is none, or under another number or name',
        ),
      ),
    },
    { description: '本人的申请 · the case' },
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
