// Schemas of payments after a death.

import { type Static, Type } from 'typebox';
import {
  CaseNumber,
  closed,
  Day,
  Instant,
  named,
  Text,
  Uuid,
  worded,
} from '../../platform/http/contract/schemas.ts';

export const PayAfterDeath = named(
  'PayAfterDeath',
  closed(
    {
      reason: Text({
        minLength: 2,
        maxLength: 500,
        description: '由谁领取及其依据 · who receives it, and what that rests on',
      }),
    },
    {
      description: '申请人去世后的发放 · who is paid after a death',
      examples: [{ reason: '经核实，社会保障卡账户由法定继承人办理继承，仍发放至该账户' }],
    },
  ),
);
export type PayAfterDeath = Static<typeof PayAfterDeath>;

export const PaymentAfterDeath = named(
  'PaymentAfterDeath',
  closed(
    {
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: CaseNumber,
      diedOn: worded(Day, '登记的去世日期 · the day of the death'),
      reason: Type.String({ description: '由谁领取及其依据 · who receives it' }),
      decidedAt: worded(Instant, '登记时间 · when it was decided'),
    },
    { description: '申请人去世后，去世前应得的补贴由谁领取 · who is paid after a death' },
  ),
);
