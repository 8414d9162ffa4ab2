// What travels about single lines of a disbursement.

import { type Static, Type } from 'typebox';
import { closed, named, StreetCode, Text, worded } from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { Roster } from '../disbursement/schemas.ts';
import { lineStates } from '../disbursement/states.ts';

export const DisbursementLine = named(
  'DisbursementLine',
  closed(
    { streetCode: StreetCode, ...Roster.properties.lines.items.properties },
    { description: '批次中的一行 · one line of a disbursement' },
  ),
);

export const LineQuery = closed({
  ...pageQuery,
  state: Type.Optional(
    worded(Type.Enum([...lineStates]), '只看这一状态 · only lines in this state', 'waiting'),
  ),
});
export type LineQuery = Static<typeof LineQuery>;

export const HoldLine = named(
  'HoldLine',
  closed(
    {
      reason: Text({
        minLength: 2,
        maxLength: 200,
        description: '暂缓原因 · why it is held back',
        examples: ['签字后本人反映已到企业上班，待核实'],
      }),
    },
    {
      description: '为何暂缓 · why it is held back',
      examples: [{ reason: '签字后本人反映已到企业上班，待核实' }],
    },
  ),
);
export type HoldLine = Static<typeof HoldLine>;
