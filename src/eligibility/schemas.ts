// What travels when somebody asks what a person's months are worth.

import { type Static, Type } from 'typebox';
import { AmountFen, closed, Day, IdentityNumber, Month, nullable, Quarter, Uuid } from '../http/schemas.ts';

export const Assessment = closed(
  {
    policyVersion: Type.String({
      description: '政策版本 · policy version',
      examples: ['jdz-2024-139/2025-01-01'],
    }),
    statutoryAge: Type.Enum(['national', 'document'], {
      description: '法定退休年龄口径 · which retirement ages',
    }),
    retirement: closed({
      category: Type.String({ description: '退休类别 · retirement category' }),
      on: Type.Unsafe<string>({ ...Day, description: '法定退休日 · statutory retirement date' }),
      month: Month,
    }),
    term: closed({
      near: Type.Boolean({
        description: '初次核定时距法定退休年龄不足 5 年 · near retirement at the first approval',
      }),
      firstApprovedOn: Day,
      forecast: Type.Boolean({
        description: '尚未核定，按今天预测 · not fixed yet; as if first approved on the day of asking',
      }),
      cap: nullable(
        Type.Integer({ description: '最多月数；null 为至退休 · most months; null is until retirement' }),
      ),
      used: Type.Integer({ description: '已用月数 · months used' }),
      left: nullable(Type.Integer({ description: '剩余月数 · months left' })),
    }),
    months: Type.Array(
      closed({
        month: Month,
        outcome: Type.Enum(['payable', 'excluded', 'undetermined', 'outside-policy', 'already-granted'], {
          description:
            '结论 · payable 可发放，excluded 不予补贴，undetermined 尚不能确定，outside-policy 不在政策期内，already-granted 已享受',
        }),
        amountFen: AmountFen,
        lateClaim: Type.Boolean({ description: '逾期申请（仅提示） · late, a flag only' }),
        checks: Type.Array(
          closed({
            code: Type.String({ description: '检查项 · check' }),
            title: Type.String(),
            article: Type.String({ description: '条款 · article' }),
            answer: Type.Enum(['clear', 'hit', 'unknown'], {
              description: 'clear 通过，hit 不符合，unknown 登记数据尚未说明',
            }),
            explanation: Type.String({
              description: '可向当事人说明的一句话 · one sentence to say to the person',
            }),
            records: Type.Array(Uuid, { description: '依据的记录 · the records it rests on' }),
          }),
        ),
      }),
    ),
    outcome: Type.Enum(['approvable', 'refused', 'undetermined']),
    amountFen: AmountFen,
  },
  { description: '逐月逐项的评估 · every check of every month' },
);
export type Assessment = Static<typeof Assessment>;

export const CheckEligibility = closed({
  identityNumber: IdentityNumber,
  quarter: Quarter,
  months: Type.Optional(
    Type.Array(Month, {
      minItems: 1,
      maxItems: 3,
      uniqueItems: true,
      description: '不填则为该季度全部月份 · all of the quarter when absent',
    }),
  ),
});
export type CheckEligibility = Static<typeof CheckEligibility>;

export const Eligibility = closed({
  assessment: Assessment,
  materialsToSupply: Type.Array(closed({ kind: Type.String(), title: Type.String() }), {
    description: '受理时仍需提供的材料 · what would still be asked for at acceptance',
  }),
});
