// The money's way, from the figures of reconciliations: what became of what was granted, and of what finance paid in. Pure. In
// each node that is not an end, as much goes out as came in; the equations of the reconciliation say so.

/** @typedef {{ from: string, to: string, fen: number }} Flow */
/** @typedef {{ granted: Flow[], cash: Flow[], isWhole: boolean }} MoneyWay */

/** The places where something is wrong, or waits for somebody. */
export const troubles = new Set(['暂缓', '发放失败', '银行退票', '待退回']);

/**
 * @param {readonly Schema[]} all figures of reconciliations, one for each quarter
 * @returns {MoneyWay} `isWhole`: nothing is less than zero, so that a drawing of it is right
 */
export function moneyWay(all) {
  const sum = (/** @type {(figures: Schema) => { amountFen: number } | null} */ figure) =>
    all.reduce((total, figures) => total + (figure(figures)?.amountFen ?? 0), 0);
  const paid = sum((of) => of.paid);
  const inPayment = sum((of) => of.inPayment);
  const waiting = sum((of) => of.waiting);
  const held = sum((of) => of.held);
  const failed = sum((of) => of.failed);
  const returned = sum((of) => of.returned);
  const stopped = sum((of) => of.recoveredBeforePayment);
  const recoveredAfter = sum((of) => of.recovered) - stopped;
  const granted = [
    flow('已核定', '已发放', paid),
    flow('已核定', '发放中', inPayment),
    flow('已核定', '待发放', waiting),
    flow(
      '已核定',
      '抵扣欠款',
      sum((of) => of.setOff),
    ),
    flow('已核定', '发放前追回', stopped),
    flow('待发放', '等待发放', waiting - held - failed - returned),
    flow('待发放', '暂缓', held),
    flow('待发放', '发放失败', failed),
    flow('待发放', '银行退票', returned),
  ];
  const cash = [
    flow('财政到账', '已发放', paid),
    flow('财政到账', '发放中', inPayment),
    flow(
      '财政到账',
      '结余',
      sum((of) => of.unspent),
    ),
    flow(
      '财政到账',
      '退回财政',
      sum((of) => of.returnedToFinance),
    ),
    flow('已发放', '无须退回', paid - recoveredAfter),
    flow(
      '已发放',
      '待退回',
      sum((of) => of.recoverable),
    ),
    flow(
      '已发放',
      '已退回',
      sum((of) => of.repaid),
    ),
    flow(
      '已发放',
      '以其他月份抵扣',
      sum((of) => of.settledBySetOff),
    ),
  ];
  return { granted, cash, isWhole: [...granted, ...cash].every(({ fen }) => fen >= 0) };
}

/** @param {string} from @param {string} to @param {number} fen @returns {Flow} */
function flow(from, to, fen) {
  return { from, to, fen };
}

/** What goes into each node and out of it. @param {readonly Flow[]} flows @returns {Map<string, { into: number, out: number }>} */
export function nodesOf(flows) {
  /** @type {Map<string, { into: number, out: number }>} */
  const nodes = new Map();
  const add = (/** @type {string} */ name, /** @type {number} */ into, /** @type {number} */ out) => {
    const known = nodes.get(name) ?? { into: 0, out: 0 };
    nodes.set(name, { into: known.into + into, out: known.out + out });
  };
  for (const { from, to, fen } of flows) {
    add(from, 0, fen);
    add(to, fen, 0);
  }
  return nodes;
}
