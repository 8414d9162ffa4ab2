// Schemas of set-offs.

import type { Static } from 'typebox';
import { closed, IdParams, Month, named, Text, Uuid, worded } from '../../platform/http/contract/schemas.ts';

export const SetOffRecovery = named(
  'SetOffRecovery',
  closed(
    {
      applicationId: worded(Uuid, '用于抵扣的月份所在申请 · the case whose month is used'),
      month: worded(Month, '用于抵扣的月份：已批准、尚未列入发放批次 · granted and in no payment yet'),
      consentMaterialId: worded(Uuid, '该申请中的抵扣同意书 · the consent among that case’s materials'),
    },
    {
      description: '以哪个月份抵扣 · which month settles the debt',
      examples: [
        {
          applicationId: '0197d8a1-4b00-7000-8000-000000000001',
          month: '2025-03',
          consentMaterialId: '0197d8a1-4b00-7000-8000-000000000002',
        },
      ],
    },
  ),
);
export type SetOffRecovery = Static<typeof SetOffRecovery>;

export const SetOffParams = closed({
  ...IdParams.properties,
  setOffId: worded(Uuid, '抵扣编号 · id of the set-off'),
});

export const ReverseSetOff = named(
  'ReverseSetOff',
  closed(
    { reason: Text({ minLength: 2, maxLength: 500, description: '撤销理由 · why' }) },
    { description: '为何撤销抵扣 · why', examples: [{ reason: '本人撤回同意，改为退款' }] },
  ),
);
export type ReverseSetOff = Static<typeof ReverseSetOff>;
