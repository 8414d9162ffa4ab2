// Bank file formats, one JSON file per bank in reference/bank-formats, validated when the program starts. A new bank
// needs a data file and no code.

import { readdirSync, readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { closed } from '../../platform/http/contract/schemas.ts';
import { validatorOf } from '../../platform/http/problems/validation.ts';
import { paymentFailures } from '../../values/payment-failures.ts';

const folder = new URL('../../../reference/bank-formats/', import.meta.url);

function cells<const Value extends string>(values: readonly Value[]) {
  const cell = closed({ title: Type.String({ minLength: 1 }), value: Type.Enum([...values]) });
  return Type.Array(cell, { minItems: 1 });
}

const BankFormat = closed({
  id: Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' }),
  name: Type.String(),
  encoding: Type.Enum(['utf-8', 'gb18030']),
  /** 2 for banks limited to GBK: characters outside it are refused before the file is sent. */
  longestCharacterBytes: Type.Enum([2, 4]),
  payment: closed({
    head: cells(['batchNumber', 'count', 'total', 'day']),
    columns: cells(['lineId', 'holder', 'account', 'bank', 'amount']),
  }),
  results: closed({
    head: cells(['batchNumber', 'count', 'paidTotal', 'failedTotal', 'unknownTotal']),
    columns: cells(['lineId', 'amount', 'code']),
    /** Bank code → result in the closed list. */
    codes: Type.Record(Type.String(), Type.Enum(['paid', 'unknown', ...paymentFailures])),
  }),
});
export type BankFormat = Static<typeof BankFormat>;

function readFormats(): ReadonlyMap<string, BankFormat> {
  const judge = validatorOf(BankFormat);
  const formats = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const written: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
      const fieldErrors = judge(written);
      if (fieldErrors.length > 0) throw new Error(`bank format ${name}: ${JSON.stringify(fieldErrors)}`);
      return written as BankFormat; // validated on the line above
    });
  return new Map(formats.map((format) => [format.id, format]));
}

const formats = readFormats();

/** id → name. */
export const bankFormatNames: Readonly<Record<string, string>> = Object.fromEntries(
  [...formats.values()].map(({ id, name }) => [id, name]),
);

/** Throws for a name that is not in the contract's list. */
export function bankFormatOf(id: string): BankFormat {
  const format = formats.get(id);
  if (format === undefined) throw new Error(`no bank format ${id}`);
  return format;
}
