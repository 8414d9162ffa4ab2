// Schemas of notices and their delivery attempts.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  AmountFen,
  ApplicantName,
  CaseNumber,
  closed,
  Day,
  Instant,
  Month,
  named,
  nullable,
  Officer,
  StreetCode,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { monthDecisions, noticeTitles } from './content.ts';

export const deliveryMethods = {
  phone: '电话',
  'in-person': '当面',
  message: '短信或消息',
  'shown-online': '本人登录后在申请渠道阅看',
} as const;
export const deliveryOutcomes = {
  told: '已告知本人',
  'no-answer': '未接通',
  'number-wrong': '号码有误',
  'moved-away': '已搬离',
} as const;

const Kind = words('NoticeKind', noticeTitles, '告知书种类 · kind of notice');
const Method = words('NoticeDeliveryMethod', deliveryMethods, '告知方式 · how');
const Outcome = words('NoticeDeliveryOutcome', deliveryOutcomes, '告知结果 · with what result');
const NoticeDelivery = words(
  'NoticeDelivery',
  {
    waiting: '等待告知',
    overdue: '超过告知期限仍未告知',
    told: '已告知',
    'told-with-later': '由当日的审核结果告知书一并告知，不单独告知',
  },
  '告知状态 · told or not yet',
);
const MonthDecision = words('MonthDecision', monthDecisions, '该月的决定 · what was decided of the month');
const NoticeNumber = named(
  'NoticeNumber',
  Type.String({
    description: '文书编号 · number of the notice',
    examples: ['JDZ26-0000123-0-01'],
  }),
);

const FailedCheck = named(
  'FailedCheck',
  closed({
    article: Type.String({ description: '办法条款 · article of the measure' }),
    title: Type.String({ description: '检查项名称 · name of the check' }),
    explanation: Type.String({ description: '说明 · in words' }),
    records: Type.Array(
      named(
        'RecordOfNotice',
        closed({
          title: Type.String({ description: '登记种类 · kind of record' }),
          from: Day,
          to: nullable(Day),
          months: Type.Optional(Type.Array(Month, { description: '已享受的月份 · the months granted' })),
          source: Type.String({ description: '数据来源名称 · name of the source' }),
          learntAt: Instant,
        }),
      ),
      { description: '依据的记录 · the records it rests on' },
    ),
    registers: Type.Array(
      named(
        'RegisterOfNotice',
        closed({
          title: Type.String({ description: '登记种类 · kind of record' }),
          source: Type.String({ description: '数据来源名称 · name of the source' }),
          throughMonth: Month,
          learntAt: Instant,
        }),
      ),
      { description: '已报送到相应月份而没有记录的登记 · registers that know of none' },
    ),
  }),
);

export const Notice = named(
  'Notice',
  closed(
    {
      id: Uuid,
      version: Version,
      number: NoticeNumber,
      kind: Kind,
      title: Type.String({ description: '文书名称 · what the paper is called' }),
      applicationId: worded(Uuid, '所属申请 · the application'),
      caseNumber: CaseNumber,
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      applicant: named(
        'ApplicantOfNotice',
        closed(
          {
            name: ApplicantName,
            identityNumber: Type.String({ description: '身份号码（脱敏） · masked' }),
          },
          { description: '申请人 · the applicant' },
        ),
      ),
      paragraphs: Type.Array(Type.String(), { description: '正文 · the text' }),
      months: Type.Array(
        named(
          'MonthOfNotice',
          closed({
            month: Month,
            decision: MonthDecision,
            amountFen: nullable(AmountFen),
            reason: Type.String({ description: '理由和条款 · what was found, with the articles' }),
          }),
        ),
        {
          description: '逐月决定，仅可申请复议的文书有 · each month, on notices that can be appealed against',
        },
      ),
      items: Type.Array(
        named(
          'NoticeItem',
          closed({
            subject: Type.String({ description: '事项 · what it is about' }),
            problem: Type.String({ description: '问题 · what is wrong' }),
            remedy: Type.String({ description: '如何补正 · what to do' }),
          }),
        ),
        { description: '须补正的事项 · what to correct' },
      ),
      closing: Type.Array(Type.String(), {
        description: '后续事项和救济途径 · what to do next, and how to appeal',
      }),
      evidence: Type.Array(
        named(
          'EvidenceOfMonth',
          closed({
            month: Month,
            explanation: Type.String({ description: '该月说明 · the month in words' }),
            checks: Type.Array(FailedCheck, { description: '未通过的检查项 · the checks it fails' }),
          }),
        ),
        { description: '比对情况说明，逐月逐项 · the evidence sheet' },
      ),
      verificationCode: Type.String({ description: '验证码 · verification code' }),
      issuedAt: worded(Instant, '签发时间 · when it was issued'),
      issuedBy: nullable(worded(Officer, '签发人；不向平台提供 · who issued it; null for platforms')),
      tellBy: worded(Day, '应于此日前告知 · to be told by'),
      unannouncedYears: Type.Array(Type.Integer(), {
        description: '放假安排尚未录入的年份 · years counted Monday to Friday',
      }),
      delivery: NoticeDelivery,
      toldAt: nullable(worded(Instant, '告知到本人的时间 · when the applicant was told')),
      attempts: Type.Array(
        named(
          'DeliveryAttempt',
          closed({
            attempt: Type.Integer({ description: '第几次 · number of the attempt' }),
            method: Method,
            outcome: Outcome,
            attemptedAt: Instant,
            recordedAt: Instant,
            recordedBy: nullable(
              worded(Officer, '登记人；不向平台提供 · who recorded it; null for platforms'),
            ),
          }),
        ),
        { description: '历次告知 · every attempt' },
      ),
    },
    { description: '告知书 · a notice' },
  ),
);
export type Notice = Static<typeof Notice>;

export const NoticeQuery = closed({
  ...pageQuery,
  kind: Type.Optional(worded(Kind, '种类 · kind of notice', 'acceptance')),
  delivery: Type.Optional(worded(NoticeDelivery, '告知状态 · told or not yet', 'waiting')),
  dueBefore: Type.Optional(
    worded(Day, '须在该日之前告知的，含已超期的 · to be told before this day, or overdue', '2099-12-31'),
  ),
  streetCode: Type.Optional(StreetCode),
  personId: Type.Optional(
    worded(Uuid, '此人的告知书 · of this person', '0197d84f-d500-7000-8000-000000000001'),
  ),
  applicationId: Type.Optional(
    worded(Uuid, '所属申请 · the application', '0197d84f-d500-7000-8000-000000000001'),
  ),
});
export type NoticeQuery = Static<typeof NoticeQuery>;

export const RecordNoticeDelivery = named(
  'RecordNoticeDelivery',
  closed(
    {
      method: Method,
      outcome: Outcome,
      attemptedAt: Type.Optional(worded(Instant, '告知时间，不填为现在 · when; now when absent')),
    },
    {
      description: '一次告知 · one attempt to tell the applicant',
      examples: [{ method: 'phone', outcome: 'told' }],
    },
  ),
);
export type RecordNoticeDelivery = Static<typeof RecordNoticeDelivery>;

export const NoticeToRecord = named(
  'NoticeToRecord',
  closed({
    noticeId: worded(Uuid, '告知书编号 · id of the notice'),
    version: worded(Version, '所见的告知书版本 · the version you saw'),
    ...RecordNoticeDelivery.properties,
  }),
);
export type NoticeToRecord = Static<typeof NoticeToRecord>;

export const RecordedNotice = named(
  'RecordedNotice',
  closed({
    number: NoticeNumber,
    version: worded(Version, '登记后的版本 · its version now'),
    delivery: NoticeDelivery,
  }),
);

export const NoticeVerification = named(
  'NoticeVerification',
  closed(
    {
      number: NoticeNumber,
      kind: Kind,
      title: Type.String({ description: '文书名称 · what the paper is called' }),
      agency: Type.String({ description: '出具机构 · who issued it' }),
      issuedOn: worded(Day, '签发日期 · day of issue'),
      isOverruled: Type.Boolean({
        description:
          '所告知的决定或追回其后已撤销，以后来的告知书为准 · the decision or recovery it tells of was undone since',
      }),
      contentSha256: Type.String({ description: '文书内容的 SHA-256 · digest of the content' }),
    },
    {
      description: '本服务出具过的告知书；不含个人信息 · a notice this service issued, without personal data',
    },
  ),
);

export const VerificationParams = closed({
  verificationCode: Type.String({
    pattern: '^[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4}(-[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4}){3}$',
    description: '文书上的验证码 · the code on the paper',
    examples: ['7Q2M-4X9K-1ABC-D3EF'],
  }),
});
