// Money in the capital numerals of vouchers 人民币大写, which are hard to alter.

const numerals = '零壹贰叁肆伍陆柒捌玖';
const places = ['', '拾', '佰', '仟'];
/** Names of groups of four digits. */
const groupNames = ['', '万', '亿', '万亿'];

/**
 * `人民币壹仟伍佰元整` for 150000 fen. By the Payment and Settlement Rules 支付结算办法: consecutive zeros are written once,
 * 整 follows yuan and jiao but never fen, and 零 precedes fen without jiao.
 *
 * @throws RangeError for anything but a non-negative safe integer
 */
export function moneyInCapitals(amountFen: number): string {
  if (!Number.isSafeInteger(amountFen) || amountFen < 0)
    throw new RangeError(`${amountFen} is no amount of fen`);
  const yuan = Math.floor(amountFen / 100);
  const jiao = Math.floor((amountFen % 100) / 10);
  const fen = amountFen % 10;
  if (amountFen === 0) return '人民币零元整';
  const whole = yuan === 0 ? '' : `${integerInCapitals(yuan)}元`;
  const nought = yuan > 0 && jiao === 0 && fen > 0 ? '零' : '';
  const jiaoPart = jiao === 0 ? '' : `${numerals[jiao]}角`;
  const end = fen === 0 ? '整' : `${numerals[fen]}分`;
  return `人民币${whole}${nought}${jiaoPart}${end}`;
}

function integerInCapitals(value: number): string {
  const digits = String(value);
  let text = '';
  let skipped = false;
  let groupHasDigit = false;
  for (const [at, digit] of [...digits].entries()) {
    const place = digits.length - 1 - at;
    if (digit === '0') {
      skipped = true;
    } else {
      text += `${skipped ? '零' : ''}${numerals[Number(digit)]}${places[place % 4]}`;
      skipped = false;
      groupHasDigit = true;
    }
    if (place % 4 === 0) {
      if (groupHasDigit) text += groupNames[place / 4];
      groupHasDigit = false;
    }
  }
  return text;
}
