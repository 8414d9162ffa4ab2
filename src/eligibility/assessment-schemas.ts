// Schemas of the assessment: every check of every month, and what would change its result.

import { type Static, Type } from 'typebox';
import {
  CheckAnswer,
  ClaimOutcome,
  Insurance,
  MonthOutcome,
  RecordKind,
  StatutoryAge,
} from '../platform/http/contract/rule-words.ts';
import {
  AmountFen,
  closed,
  Day,
  Month,
  named,
  nullable,
  oneOf,
  worded,
} from '../platform/http/contract/schemas.ts';

export const Explanation = Type.String({
  description: '可向当事人说明的一句话 · one sentence to say to the person',
});
export const Retirement = named(
  'Retirement',
  closed(
    {
      category: Type.String({ description: '退休类别 · retirement category' }),
      month: worded(Month, '法定退休月 · the month of statutory retirement'),
    },
    { description: '法定退休 · statutory retirement' },
  ),
);
export const term = {
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
const FactId = Type.String({ description: '记录编号 · id of a record' });

/** The facts that would have to differ. */
const Remedy = oneOf(
  'action',
  [
    named(
      'SupplyRemedy',
      closed(
        {
          action: Type.Literal('supply', { description: '补充 · supply' }),
          kind: RecordKind,
          notBefore: nullable(worded(Day, '不早于 · not before')),
          notAfter: worded(Day, '不晚于 · not after'),
          insurance: Type.Optional(
            nullable(
              worded(
                Insurance,
                '缴费的险种；null 为任一险种 · of a contribution: which insurance; null is any',
              ),
            ),
          ),
          paidAfter: Type.Optional(
            nullable(worded(Day, '须在该日退费之后缴纳 · of a contribution: paid after this refund')),
          ),
          explanation: Explanation,
        },
        { description: '补充一条记录 · a record to be found and delivered' },
      ),
    ),
    named(
      'WithdrawRemedy',
      closed(
        {
          action: Type.Literal('withdraw', { description: '更正 · correct' }),
          factId: FactId,
          explanation: Explanation,
        },
        { description: '在来源处更正一条记录 · a record to be corrected at its source' },
      ),
    ),
    named(
      'ConfirmRemedy',
      closed(
        {
          action: Type.Literal('confirm', { description: '确认 · confirm' }),
          kind: RecordKind,
          through: worded(Month, '至该月 · through this month'),
          explanation: Explanation,
        },
        {
          description:
            '登记机关报送到该月，或核实没有 · the register reports through this month, or an attestation',
        },
      ),
    ),
  ],
  { title: 'Remedy', description: '须补充、更正或确认的一项 · what would have to be otherwise' },
);

export const Assessment = named(
  'Assessment',
  closed(
    {
      policyVersion: Type.String({
        description: '政策版本 · policy version',
        examples: ['jdz-2024-139/2025-01-01'],
      }),
      statutoryAge: StatutoryAge,
      retirement: Retirement,
      term: named(
        'AssessedTerm',
        closed({ ...term, explanation: Explanation }, { description: '补贴期限 · the term' }),
      ),
      months: Type.Array(
        named(
          'AssessedMonth',
          closed({
            month: Month,
            outcome: MonthOutcome,
            amountFen: AmountFen,
            lateClaim: Type.Boolean({ description: '申请较晚（仅提示） · late, a flag only' }),
            explanation: Explanation,
            checks: Type.Array(
              named(
                'AssessedCheck',
                closed({
                  code: Type.String({ description: '检查项 · check' }),
                  title: Type.String({ description: '检查项名称 · its name' }),
                  article: Type.String({ description: '条款 · article' }),
                  answer: CheckAnswer,
                  explanation: Explanation,
                  facts: Type.Array(FactId, { description: '依据的记录 · the records it rests on' }),
                }),
              ),
              { description: '全部检查项 · every check' },
            ),
            missing: nullable(
              Type.Array(Remedy, {
                description:
                  '使该月可发放所需的最少事实；null 表示无法改变 · the fewest facts that would make it payable',
              }),
            ),
          }),
        ),
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
