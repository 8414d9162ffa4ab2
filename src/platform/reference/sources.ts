// Display names for sources of records, from reference/sources.json. An unknown register gets a general name,
// never its code.

import { readFileSync } from 'node:fs';

const file = new URL('../../../reference/sources.json', import.meta.url);
const names = new Map(
  Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>), // a file of this repository
);

/** `省人社一体化系统` for `jx-human-resources`. */
export function sourceName(source: string): string {
  if (source === 'officer') return '经办人员核实';
  if (source.startsWith('hand-')) return '经办机构手工导入';
  if (source.startsWith('client:')) return '申请渠道';
  return names.get(source) ?? '登记机关';
}
