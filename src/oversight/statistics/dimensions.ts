// The dimensions by which figures are grouped, and the titles of their values. Pure.

import { channels } from '../../applications/application/schemas.ts';
import { states } from '../../applications/application/states.ts';
import { hardshipTitles } from '../../rules/policy/catalogue.ts';
import { quarterInWords } from '../../values/wording.ts';

export const dimensionTitles = {
  quarter: '季度',
  agency: '经办机构',
  street: '街道（乡镇）',
  category: '困难类别',
  channel: '申请渠道',
  outcome: '办理结果',
} as const;
export type Dimension = keyof typeof dimensionTitles;

/** The columns of the cells that are counted. */
export const columnOf = {
  quarter: 'quarter',
  agency: 'agencyCode',
  street: 'streetCode',
  category: 'category',
  channel: 'channel',
  outcome: 'outcome',
} as const satisfies Record<Dimension, string>;

/** @param placeNames names of agencies and streets, by code */
export function titleOf(by: Dimension, key: string, placeNames: ReadonlyMap<string, string>): string {
  const titles: Readonly<Record<Dimension, (key: string) => string | undefined>> = {
    quarter: quarterInWords,
    agency: (code) => placeNames.get(code),
    street: (code) => placeNames.get(code),
    category: (name) => new Map(Object.entries({ ...hardshipTitles, none: '当季无认定记录' })).get(name),
    channel: (name) => new Map(Object.entries(channels)).get(name)?.title,
    outcome: (name) => new Map(Object.entries(states)).get(name)?.title,
  };
  return titles[by](key) ?? key;
}
