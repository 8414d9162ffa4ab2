// Writes the payment file: a header with batch number, count, total and date, then one line per payment, in the bank's
// format. Pure: the same batch gives the same bytes.

import iconv from 'iconv-lite';
import { beginsFormula, csvLine } from '../../platform/documents/csv.ts';
import type { FieldError } from '../../platform/problem.ts';
import { yuan } from '../../values/yuan.ts';
import type { BankFormat } from './formats.ts';

export interface PaymentOrder {
  readonly lineId: string;
  readonly holder: string;
  readonly account: string;
  readonly bank: string;
  readonly amountFen: number;
}

export interface PaymentFileHead {
  readonly batchNumber: string;
  readonly count: number;
  readonly totalFen: number;
  readonly day: string;
}

/** The bytes of the header. */
export function headOf({ payment, encoding }: BankFormat, head: PaymentFileHead): Buffer {
  const said = {
    batchNumber: head.batchNumber,
    count: String(head.count),
    total: yuan(head.totalFen),
    day: head.day,
  };
  const text = [
    csvLine(payment.head.map(({ title }) => title)),
    csvLine(payment.head.map(({ value }) => said[value])),
    csvLine(payment.columns.map(({ title }) => title)),
  ];
  return iconv.encode(text.join(''), encoding);
}

/** The bytes of the given payments. */
export function rowsOf({ payment, encoding }: BankFormat, orders: readonly PaymentOrder[]): Buffer {
  const text = orders.map((order) => {
    const said = { ...order, amount: yuan(order.amountFen) };
    return csvLine(payment.columns.map(({ value }) => said[value]));
  });
  return iconv.encode(text.join(''), encoding);
}

/**
 * Field errors for values that the format cannot carry, found before anything is sent. They never contain the value.
 */
export function fieldErrorsOfOrder(format: BankFormat, order: PaymentOrder): FieldError[] {
  const written = format.payment.columns.map(({ value }) => value);
  return (['holder', 'account', 'bank'] as const)
    .filter((name) => written.includes(name))
    .flatMap((name) => {
      const reason = whyNotCarried(order[name], format);
      if (reason === null) return [];
      return [{ pointer: `/lines/${order.lineId}/${name}`, code: reason.code, detail: reason.detail }];
    });
}

/** Control, direction, private-use and unassigned characters, lone surrogates, and the replacement character. */
const uncarriable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}\uFFFD]/u;

function whyNotCarried(
  text: string,
  { encoding, longestCharacterBytes }: BankFormat,
): Pick<FieldError, 'code' | 'detail'> | null {
  if (text === '') return { code: 'empty', detail: '内容为空，不能送银行。' };
  // Banks open these files in a spreadsheet, which would run formulas.
  if (beginsFormula(text))
    return {
      code: 'formula-start',
      detail: '以 = + - @（含全角）或制表符开头，会被表格软件当作公式，请更正。',
    };
  if (uncarriable.test(text)) {
    const detail = '含有控制字符、方向字符或自造字，银行系统无法识别，请按身份证件更正。';
    return { code: 'not-printable', detail };
  }
  if ([...text].some((character) => iconv.encode(character, encoding).length > longestCharacterBytes)) {
    return { code: 'not-in-encoding', detail: '含有该银行文件编码以外的生僻字，请与银行商定写法后更正。' };
  }
  return null;
}
