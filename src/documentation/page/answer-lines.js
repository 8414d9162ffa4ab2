// The lines of a JSON answer, with a note for people: fen as yuan, instants in Jingdezhen's time, enum values in
// Chinese.

import { alternatives, wordOf } from './contract.js';

/** @typedef {{ readonly text: string, readonly note: string | null }} Line */

const yuan = new Intl.NumberFormat('zh-CN', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const shanghai = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  dateStyle: 'long',
  timeStyle: 'medium',
});
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * @param {unknown} value @param {Schema} schema of the value
 * @returns {Line[]}
 */
export function contentLines(value, schema) {
  return linesOf(value, alternatives(schema), '', '', '');
}

/**
 * @param {unknown} value @param {Schema[]} schemas @param {string} indent @param {string} key @param {string} end
 * @returns {Line[]}
 */
function linesOf(value, schemas, indent, key, end) {
  const lead = key === '' ? indent : `${indent}${JSON.stringify(key)}: `;
  if (typeof value !== 'object' || value === null)
    return [{ text: `${lead}${JSON.stringify(value)}${end}`, note: noteOf(key, value, schemas) }];
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [open, close] = isList ? '[]' : '{}';
  if (entries.length === 0) return [{ text: `${lead}${open}${close}${end}`, note: null }];
  const inner = entries.flatMap(([name, one], index) => {
    const its = schemas.flatMap((schema) => alternatives(isList ? schema.items : schema.properties?.[name]));
    return linesOf(one, its, `${indent}  `, isList ? '' : name, index < entries.length - 1 ? ',' : '');
  });
  return [{ text: `${lead}${open}`, note: null }, ...inner, { text: `${indent}${close}${end}`, note: null }];
}

/** @param {string} key @param {unknown} value @param {Schema[]} schemas */
function noteOf(key, value, schemas) {
  if (typeof value === 'number' && key.endsWith('Fen')) return `${yuan.format(value / 100)} 元`;
  if (typeof value !== 'string') return null;
  if (instant.test(value)) return shanghai.format(new Date(value));
  return wordOf(schemas, value);
}
