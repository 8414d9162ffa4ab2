// Schemas of the reconciliation.

import { Type } from 'typebox';
import {
  AgencyCode,
  CaseNumber,
  closed,
  Instant,
  Month,
  named,
  nullable,
  parameter,
  Quarter,
  SignedAmountFen,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { entryPageQuery, pageQuery } from '../../platform/http/paging.ts';
import { cashFigureTitles, claimFigureTitles } from './figures.ts';

const scope = {
  agencyCode: parameter('PayingAgencyCode', AgencyCode),
  quarter: Type.Optional(Quarter),
};
export const ReconciliationQuery = closed({
  ...scope,
  agencyCode: Type.Optional(scope.agencyCode),
});

const Figure = named(
  'ReconciliationFigure',
  closed(
    {
      count: nullable(
        Type.Integer({
          minimum: 0,
          description: '月数，同一人同一月只计一次；发放批次为笔数 · months of people, each once; or lines',
        }),
      ),
      amountFen: worded(SignedAmountFen, '金额（分） · in fen'),
    },
    { description: '一项合计 · one figure' },
  ),
);
const figure = (description: string) => nullable(worded(Figure, description));

export const Reconciliation = named(
  'Reconciliation',
  closed(
    {
      agencyCode: nullable(AgencyCode),
      quarter: nullable(worded(Quarter, '季度；null 为全部 · null is all of them')),
      disbursementId: nullable(worded(Uuid, '发放批次编号 · id of the disbursement')),
      personId: nullable(worded(Uuid, '人员编号 · id of the person')),
      asOf: worded(Instant, '数据截至 · as of'),
      figures: named(
        'ReconciliationFigures',
        closed(
          {
            approved: figure(`${claimFigureTitles.approved} · granted`),
            waiting: figure(`${claimFigureTitles.waiting} · granted and not yet paid`),
            held: figure(`${claimFigureTitles.held} · held back`),
            requested: figure('已申请资金 · asked of finance'),
            received: figure(`${cashFigureTitles.received} · received`),
            inPayment: figure(`${claimFigureTitles.inPayment} · with the bank`),
            unknown: figure(`${claimFigureTitles.unknown} · of these, what the bank cannot say yet`),
            paid: figure(`${claimFigureTitles.paid} · paid`),
            failed: figure(`${claimFigureTitles.failed} · failed`),
            returned: figure(`${claimFigureTitles.returned} · came back from the bank`),
            recoveredBeforePayment: figure(
              `${claimFigureTitles.recoveredBeforePayment} · stopped before it was paid`,
            ),
            recovered: figure(`${claimFigureTitles.recovered} · recovered`),
            recoverable: figure(`${cashFigureTitles.recoverable} · still owed`),
            repaid: figure(`${cashFigureTitles.repaid} · repaid`),
            setOff: figure(`${claimFigureTitles.setOff} · months that settle a debt instead of being paid`),
            settledBySetOff: figure(`${cashFigureTitles.settledBySetOff} · debts settled by other months`),
            returnedToFinance: figure(`${cashFigureTitles.returnedToFinance} · given back to finance`),
            unspent: figure(`${cashFigureTitles.unspent} · unspent`),
            net: figure('净支出 · paid less repaid'),
            overpaid: figure(
              '同一人同一月重复发放未退 · paid beyond one payment for a month, and not repaid',
            ),
          },
          { description: '各项；null 表示此范围没有这一项 · every figure; null where there can be none' },
        ),
      ),
      equations: Type.Array(
        named(
          'Equation',
          closed({
            name: Type.String({ description: '等式 · the equation' }),
            left: worded(SignedAmountFen, '左边 · left side'),
            right: worded(SignedAmountFen, '右边 · right side'),
            holds: Type.Boolean({ description: '是否成立 · whether it holds' }),
          }),
        ),
        { description: '须成立的等式 · what must hold' },
      ),
      balanced: Type.Boolean({ description: '是否分文不差 · whether every equation holds' }),
    },
    { description: '资金对账 · the reconciliation' },
  ),
);

export const ReconciliationMonthsQuery = closed({
  ...pageQuery,
  ...scope,
  figure: worded(
    words('ClaimFigure', claimFigureTitles, '哪一项 · which figure'),
    '哪一项 · which figure',
    'paid',
  ),
});

export const PersonMonthsQuery = closed({
  ...pageQuery,
  figure: ReconciliationMonthsQuery.properties.figure,
});

export const ReconciliationEntriesQuery = closed({
  ...entryPageQuery,
  ...scope,
  figure: worded(
    words('CashFigure', cashFigureTitles, '哪一项 · which figure'),
    '哪一项 · which figure',
    'unspent',
  ),
});

export const ReconciliationEntry = named(
  'ReconciliationEntry',
  closed(
    {
      entryNumber: Type.String({ description: '台账序号 · number of the entry' }),
      enteredAt: worded(Instant, '入账时间 · when it was entered'),
      operation: Type.String({ description: '由哪一操作记入 · the operation that entered it' }),
      quarter: worded(Quarter, '月份所属季度 · quarter of the months'),
      disbursementId: nullable(worded(Uuid, '发放批次 · the disbursement')),
      lineId: nullable(worded(Uuid, '发放行 · the payment')),
      recoveryId: nullable(worded(Uuid, '追回 · the recovery')),
      personId: nullable(worded(Uuid, '人员编号 · id of the person')),
      amountFen: worded(SignedAmountFen, '金额（分），减少为负 · in fen, negative where it grows less'),
    },
    { description: '台账一笔 · an entry of the ledger' },
  ),
);

export const ReconciliationCase = named(
  'ReconciliationCase',
  closed(
    {
      personId: worded(Uuid, '人员编号 · id of the person'),
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: CaseNumber,
      amountFen: worded(SignedAmountFen, '合计（分） · sum, in fen'),
      months: Type.Array(
        named(
          'ReconciliationMonth',
          closed({
            month: Month,
            amountFen: worded(SignedAmountFen, '金额（分） · in fen'),
            lineId: nullable(worded(Uuid, '发放行 · the payment it is in')),
            disbursementId: nullable(worded(Uuid, '发放批次 · its disbursement')),
            lineState: nullable(Type.String({ description: '发放状态 · state of the payment' })),
            recoveryId: nullable(worded(Uuid, '追回 · the recovery that stands against it')),
          }),
        ),
        { description: '各月 · the months' },
      ),
    },
    { description: '一案中属于此项的月份 · the months of one case that make up a figure' },
  ),
);
