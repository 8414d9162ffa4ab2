// The file that goes to the bank: a head with batch number, count, total and date, then one line for each payment. Pure.
// Amounts are written in yuan from integer fen, without arithmetic on fractions.

export interface PaymentOrder {
  readonly lineId: string;
  readonly holder: string;
  readonly account: string;
  readonly bank: string;
  readonly amountFen: number;
}

/** CSV (RFC 4180), UTF-8. The same batch gives the same bytes. */
export function paymentFileOf(batchNumber: string, day: string, orders: readonly PaymentOrder[]): string {
  const totalFen = orders.reduce((sum, order) => sum + order.amountFen, 0);
  const rows = [
    ['批次号', '笔数', '合计金额（元）', '日期'],
    [batchNumber, String(orders.length), yuan(totalFen), day],
    ['行号', '户名', '账号', '开户行', '金额（元）'],
    ...orders.map((order) => [order.lineId, order.holder, order.account, order.bank, yuan(order.amountFen)]),
  ];
  return `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** `1500.00` for 150000 fen. */
export function yuan(amountFen: number): string {
  const fen = String(amountFen).padStart(3, '0');
  return `${fen.slice(0, -2)}.${fen.slice(-2)}`;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
