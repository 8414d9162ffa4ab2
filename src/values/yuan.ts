// Converts money between fen and yuan with two decimals, without floating-point arithmetic. Pure.

/** `1500.00` for 150000 fen. */
export function yuan(amountFen: number): string {
  const fen = String(amountFen).padStart(3, '0');
  return `${fen.slice(0, -2)}.${fen.slice(-2)}`;
}

/** `1,500.00` for 150000 fen, as papers print sums. */
export function groupedYuan(amountFen: number): string {
  return yuan(amountFen).replaceAll(/\d(?=(\d{3})+\.)/g, '$&,');
}

/** 150000 for `1500.00`, `1500.0` or `1500`; null for anything else. */
export function fenOf(text: string): number | null {
  const parts = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text);
  return parts === null ? null : Number(`${parts[1]}${(parts[2] ?? '').padEnd(2, '0')}`);
}
