// Numbers, money, quarters and times as people read them. Pure.

const whole = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat('zh-CN', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const short = new Intl.NumberFormat('zh-CN', { maximumSignificantDigits: 3 });
const moment = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: 'long',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const fenPerYuan = 100;
const tenThousand = 10_000;
const hundredMillion = 100_000_000;

/** @param {number} value */
export function count(value) {
  return whole.format(value);
}

/** Yuan with thousands separators, cents only where there are some. @param {number} fen */
export function yuan(fen) {
  return fen % fenPerYuan === 0 ? whole.format(fen / fenPerYuan) : cents.format(fen / fenPerYuan);
}

/** @param {number} value @param {'text' | 'count' | 'fen'} kind */
export function inWords(value, kind) {
  return kind === 'fen' ? cents.format(value / fenPerYuan) : count(value);
}

/** On axes and bars, where there is little room: 1,250 → 1,250; 49,500 → 4.95万. @param {number} value */
export function brief(value) {
  if (Math.abs(value) >= hundredMillion) return `${short.format(value / hundredMillion)}亿`;
  if (Math.abs(value) >= tenThousand) return `${short.format(value / tenThousand)}万`;
  return count(value);
}

/** @param {number} fen */
export function briefYuan(fen) {
  return brief(fen / fenPerYuan);
}

/** @param {string} instant */
export function timeInWords(instant) {
  return moment.format(new Date(instant));
}

const ordinals = ['一', '二', '三', '四'];

/** @param {string} quarter 2025Q2 */
export function quarterInWords(quarter) {
  return `${quarter.slice(0, 4)}年第${ordinals[Number(quarter.slice(5)) - 1]}季度`;
}

/** On an axis, in two lines. @param {string} quarter */
export function quarterOnAxis(quarter) {
  return `${ordinals[Number(quarter.slice(5)) - 1]}季度\n${quarter.slice(0, 4)}`;
}

/** @param {string} quarter @param {number} by */
export function quarterAfter(quarter, by) {
  const index = Number(quarter.slice(0, 4)) * 4 + Number(quarter.slice(5)) - 1 + by;
  return `${Math.floor(index / 4)}Q${(index % 4) + 1}`;
}

/** From the first to the last, both included. @param {string} first @param {string} last */
export function quartersBetween(first, last) {
  const quarters = [];
  for (let quarter = first; quarter <= last; quarter = quarterAfter(quarter, 1)) quarters.push(quarter);
  return quarters;
}

/** @param {{ fromDays: number, throughDays: number | null }} band */
export function daysOnAxis({ fromDays, throughDays }) {
  if (throughDays === null) return `≥${fromDays}`;
  return throughDays === 0 ? '当天' : `${fromDays}–${throughDays}`;
}

/** @param {{ fromDays: number, throughDays: number | null }} band */
export function daysInWords({ fromDays, throughDays }) {
  if (throughDays === null) return `${fromDays}天以上`;
  if (throughDays === 0) return '当天';
  return `${fromDays}—${throughDays}天`;
}
