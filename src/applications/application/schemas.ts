// Schemas of a case, numbers masked, and the filters of the list.

import { type Static, Type } from 'typebox';
import { RecordKind } from '../../platform/http/contract/rule-words.ts';
import {
  AgencyCode,
  AmountFen,
  ApplicantName,
  CaseNumber,
  closed,
  Day,
  FieldError,
  Instant,
  Month,
  named,
  nullable,
  Officer,
  Quarter,
  Sha256,
  StreetCode,
  some,
  Text,
  titlesOf,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { applicationPapers, materialTitles } from '../../rules/required-materials.ts';
import { paymentFailureTitles } from '../../values/payment-failures.ts';
import { OpenCorrection } from '../acceptance/schemas.ts';
import { AgentOnFile, ContactOnFile } from '../agents/schemas.ts';
import { FlagCode, Flags } from '../flags/schemas.ts';
import { Material } from '../materials/schemas.ts';
import { Transfers } from '../transfers/schemas.ts';
import { AfterDeath } from './heir-schemas.ts';
import { monthMoneyTitles } from './money.ts';
import { states } from './states.ts';
import { timeLimitTitles } from './time-limit.ts';

export const channels = {
  'provincial-online-hall': { title: '江西人社网上办事大厅', isOnline: true },
  ganfutong: { title: '赣服通', isOnline: true },
  'wujia2-platform': { title: '5+2 就业之家线上平台', isOnline: true },
  'wujia2-home': { title: '5+2 就业之家', isOnline: false },
  'street-social-affairs': { title: '街道社会事务办公室', isOnline: false },
  'street-service-centre': { title: '街道便民服务中心', isOnline: false },
} as const;
export type Channel = keyof typeof channels;

export const Channel = words('Channel', titlesOf(channels), '申请渠道 · channel');
export const ApplicationStateName = words(
  'ApplicationState',
  titlesOf(states),
  '申请状态 · state of the application',
);

export const MonthState = words(
  'MonthState',
  {
    draft: '草稿',
    claimed: '已申请',
    live: '已批准',
    refused: '未批准',
    released: '已放开',
    recovered: '已追回',
  },
  '月份状态 · state of the month',
);

export const Failure = words('PaymentFailure', paymentFailureTitles, '失败原因 · why it failed');

/** What became of a granted month's money. */
export const MoneyOfMonth = named(
  'MoneyOfMonth',
  closed(
    {
      state: words('MonthMoney', monthMoneyTitles, '该月的钱在哪一步 · what became of the month’s money'),
      on: nullable(
        worded(
          Day,
          '发放、失败、退票、抵扣或退清的日期 · day it was paid, failed, returned, set off or repaid',
        ),
      ),
      failure: nullable(Failure),
      owedFen: worded(AmountFen, '该月尚未退回（分） · still owed for it, in fen'),
      explanation: Type.String({
        description: '说明和本人要办的事 · in words, with what the applicant does about it',
      }),
    },
    { description: '该月补贴的资金；未批准时为 null · the money of a granted month' },
  ),
);

const RecordsChangedAt = nullable(
  worded(
    Instant,
    '登记数据发生影响本申请的变化的时间；受理或比对后清空 · since when the records say something else than was last seen',
  ),
);

const TimeLimitState = words(
  'TimeLimitState',
  { running: '进行中', overdue: '已超期', paused: '补正期间暂停' },
  '时限状态；只提醒，不影响结果 · warns, decides nothing',
);

const TimeLimit = named(
  'TimeLimit',
  closed(
    {
      name: words('TimeLimitName', timeLimitTitles, '哪一时限 · which time limit'),
      title: Type.String({ description: '时限名称 · which time limit' }),
      state: TimeLimitState,
      workingDaysLeft: Type.Integer({ description: '剩余工作日，超期为负数 · negative once overdue' }),
      dueOn: nullable(Day),
      unannouncedYears: Type.Array(Type.Integer(), {
        description: '尚未录入放假安排、暂按周一至周五计算的年份 · years counted Monday to Friday',
      }),
    },
    { description: '办理时限 · time limit in working days' },
  ),
);

/** Who took which part on a case. */
export const Parts = Type.Array(
  named(
    'PartOfOfficer',
    closed({
      part: words(
        'CasePart',
        { handler: '经办', reviewer: '审核', 'second-reviewer': '复核', payer: '发放' },
        '环节 · which part',
      ),
      officer: worded(Officer, '签字人 · who signed'),
      agencyCode: AgencyCode,
      actedAt: worded(Instant, '签字时间 · when'),
    }),
  ),
  { description: '谁经办、谁审核、谁发放；不向平台提供 · who took which part; empty for platforms' },
);

const AssignedTo = nullable(
  Type.String({
    description:
      '指派给哪个账号（签发者|账号）办理，受理、移送后清空；只用于排队，平台不显示 · account in whose queue it is; not for platforms',
  }),
);

export const Application = named(
  'Application',
  closed(
    {
      id: Uuid,
      version: Version,
      caseNumber: CaseNumber,
      state: ApplicationStateName,
      progress: named(
        'ApplicationProgress',
        closed(
          {
            title: Type.String({ description: '状态说明 · the state in words' }),
            next: Type.String({ description: '下一步 · what happens next' }),
            actor: nullable(Type.String({ description: '由谁办理 · who acts' })),
          },
          { description: '进度 · how far it is' },
        ),
      ),
      timeLimit: nullable(TimeLimit),
      correction: nullable(OpenCorrection),
      expiresOn: nullable(worded(Day, '草稿保留到这一天，其后删除 · last day of a draft')),
      personId: worded(Uuid, '申请人编号 · id of the person'),
      quarter: Quarter,
      months: Type.Array(
        named(
          'ApplicationMonth',
          closed({
            month: Month,
            state: MonthState,
            amountFen: nullable(AmountFen),
            money: nullable(MoneyOfMonth),
          }),
        ),
        { description: '各月份的状态、金额和资金 · each month, its state, amount and money' },
      ),
      channel: Channel,
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      applicant: named(
        'ApplicantOnFile',
        closed(
          {
            name: ApplicantName,
            identityNumber: Type.String({ description: '身份号码（脱敏） · masked' }),
            phone: Type.String({
              description:
                '联系电话（脱敏）；有联系人的为其手机号码 · masked; the contact’s, if there is one',
            }),
            contact: nullable(ContactOnFile),
          },
          { description: '申请人 · the applicant' },
        ),
      ),
      agent: nullable(AgentOnFile),
      account: named(
        'MaskedAccount',
        closed(
          {
            bank: Type.String({ description: '开户银行 · bank' }),
            number: Type.String({ description: '账号（脱敏） · masked' }),
          },
          { description: '社会保障卡银行账户 · the account' },
        ),
      ),
      work: named(
        'WorkOnFile',
        closed(
          {
            kind: Type.String({ description: '灵活就业形式 · kind of work' }),
            since: worded(Day, '从业开始日期 · since when'),
            place: Type.String({ description: '从业地点 · where' }),
          },
          { description: '灵活就业情况 · the work' },
        ),
      ),
      undertaking: nullable(
        named(
          'UndertakingOnFile',
          closed(
            {
              version: Type.String({ description: '承诺书版本 · version of the text' }),
              sha256: Sha256,
              signedAt: worded(Instant, '签署时间 · when it was signed'),
              method: Type.String({ description: '签署方式 · how it was signed' }),
            },
            { description: '申请人签署的承诺书；草稿尚未签署时为 null · null while a draft is not signed' },
          ),
        ),
      ),
      materials: Type.Array(Material, { description: '已上传的材料 · what was supplied' }),
      materialsRequired: Type.Array(
        named(
          'RequiredMaterial',
          closed({
            kind: words(
              'ApplicationPaper',
              some(materialTitles, applicationPapers),
              '材料种类 · kind of material',
            ),
            title: Type.String({ description: '材料名称 · its name' }),
            waivedBy: nullable(
              worded(RecordKind, '由该登记数据代替，无需提供 · the register that waives it'),
            ),
            waivedByTitle: nullable(
              Type.String({ description: '代替材料的登记数据名称 · its name in words' }),
            ),
            supplied: Type.Boolean({ description: '是否已上传 · whether it is there' }),
          }),
        ),
        { description: '所需材料 · what is asked for' },
      ),
      warnings: Type.Array(FieldError, { description: '提醒，不影响提交 · warnings that refuse nothing' }),
      flags: Flags,
      parts: Parts,
      afterDeath: nullable(AfterDeath),
      transfers: Transfers,
      recordsChangedAt: RecordsChangedAt,
      createdAt: worded(Instant, '建立时间 · when the draft was opened'),
      submittedAt: nullable(worded(Instant, '提交时间 · when it was submitted')),
      acceptedAt: nullable(worded(Instant, '受理时间 · when it was accepted')),
      assignedTo: AssignedTo,
      acceptanceReason: nullable(
        Type.String({
          description:
            '受理时各月均不符合条件、仍予受理的理由；平台不显示 · why it was accepted although no month could be paid; not for platforms',
        }),
      ),
      closedAt: nullable(worded(Instant, '办结时间 · when it was closed')),
    },
    { description: '申请 · an application' },
  ),
);
export type Application = Static<typeof Application>;

const { caseNumber, state, progress, quarter, months, agencyCode, streetCode } = Application.properties;
const { submittedAt, acceptedAt, closedAt } = Application.properties;

/** A case for the person who made it, in another channel. */
export const FollowedApplication = named(
  'FollowedApplication',
  closed(
    {
      caseNumber,
      state,
      progress,
      quarter,
      months,
      channel: Channel,
      agencyCode,
      streetCode,
      submittedAt,
      acceptedAt,
      closedAt,
    },
    {
      description:
        '本人在其他渠道提出的申请；不含填报的内容和材料 · a case made in another channel, without what was entered',
    },
  ),
);

/** The applicant in a list. */
export const ApplicantByName = named(
  'ApplicantByName',
  closed({ name: ApplicantName }, { description: '申请人 · the applicant' }),
);

export const ApplicationSummary = named(
  'ApplicationSummary',
  closed({
    id: Uuid,
    caseNumber: Application.properties.caseNumber,
    state: ApplicationStateName,
    quarter: Quarter,
    months: Type.Array(Month, { description: '申请月份 · the months claimed' }),
    channel: Channel,
    agencyCode: AgencyCode,
    streetCode: StreetCode,
    applicant: ApplicantByName,
    submittedAt: nullable(worded(Instant, '提交时间 · when it was submitted')),
    assignedTo: AssignedTo,
    recordsChangedAt: RecordsChangedAt,
    timeLimit: nullable(TimeLimit),
    flags: Flags,
  }),
);

export const ApplicationQuery = closed({
  ...pageQuery,
  state: Type.Optional(worded(ApplicationStateName, '状态 · state', 'draft')),
  quarter: Type.Optional(Quarter),
  streetCode: Type.Optional(StreetCode),
  channel: Type.Optional(worded(Channel, '申请渠道 · channel', 'ganfutong')),
  recordsChanged: Type.Optional(
    Type.Boolean({
      description: '是否有新到的登记数据影响该申请 · whether records that matter have arrived',
      examples: [false],
    }),
  ),
  agencyCode: Type.Optional(AgencyCode),
  waitingSince: Type.Optional(
    worded(Day, '提交不晚于该日、仍在办理的 · still open, and submitted on that day or before', '2025-07-05'),
  ),
  caseNumber: Type.Optional(
    worded(CaseNumber, '受理编号，校验位有误时拒绝 · refused where its check digit does not fit'),
  ),
  personId: Type.Optional(
    worded(Uuid, '申请人编号 · id of the person', '0197d84f-d500-7000-8000-000000000001'),
  ),
  flag: Type.Optional(worded(FlagCode, '提示 · flag', 'late-claim')),
  order: Type.Optional(
    worded(
      words(
        'ApplicationOrder',
        { created: '按建立先后', waiting: '在办案件中等待最久的在前' },
        '顺序 · order',
      ),
      '顺序 · order; waiting lists open cases only',
      'waiting',
    ),
  ),
  dueBefore: Type.Optional(
    worded(Day, '办理时限在该日之前到期的，含已超期的 · due before this day, or overdue', '2025-07-12'),
  ),
  assignedTo: Type.Optional(
    Text({
      minLength: 1,
      maxLength: 200,
      description:
        '指派给该账号（“签发者|账号”，同一签发者的可只写账号）的；me 为本人，nobody 为未指派的 · in the queue of this account, of the caller, or of nobody',
      examples: ['nobody'],
    }),
  ),
  timeLimit: Type.Optional(worded(TimeLimitState, '办理时限的状态 · state of the time limit', 'overdue')),
});
export type ApplicationQuery = Static<typeof ApplicationQuery>;
