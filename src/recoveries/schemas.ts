// What travels about money that has to come back.

import { type Static, Type } from 'typebox';
import { pageQuery } from '../http/paging.ts';
import {
  AgencyCode,
  AmountFen,
  closed,
  Day,
  Instant,
  Month,
  named,
  nullable,
  StreetCode,
  Text,
  Uuid,
  Version,
} from '../http/schemas.ts';
import { type RecoveryState, recoveryStates } from './states.ts';

// Object.keys forgets the names it was given; they are the closed list of states.
const State = Type.Enum(Object.keys(recoveryStates) as RecoveryState[], { description: '状态 · state' });

export const Recovery = named(
  'Recovery',
  closed(
    {
      id: Uuid,
      version: Version,
      state: State,
      progress: closed({ title: Type.String(), next: Type.String() }),
      personId: Uuid,
      applicationId: Uuid,
      caseNumber: Type.String(),
      month: Month,
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      findings: Type.Array(
        closed({
          check: Type.String({ description: '不再符合的检查项 · the check the month now fails' }),
          records: Type.Array(Uuid, { description: '依据的记录 · the records it rests on' }),
        }),
      ),
      amountFen: AmountFen,
      repaidFen: AmountFen,
      openedAt: Instant,
      heardOn: nullable(Day),
    },
    { description: '追回 · a recovery' },
  ),
);

export const RecoveryQuery = closed({ ...pageQuery, state: Type.Optional(State) });
export type RecoveryQuery = Static<typeof RecoveryQuery>;

export const ConfirmRecovery = named(
  'ConfirmRecovery',
  closed({
    heardOn: Type.Unsafe<string>({
      ...Day,
      description: '听取当事人说明的日期 · the day the person was heard',
    }),
    heardHow: Type.Enum(['in-person', 'phone', 'written'], { description: '听取方式 · how' }),
  }),
);
export type ConfirmRecovery = Static<typeof ConfirmRecovery>;

export const DismissRecovery = named(
  'DismissRecovery',
  closed({
    reason: Text({ minLength: 2, maxLength: 500, description: '排除理由 · why' }),
  }),
);
export type DismissRecovery = Static<typeof DismissRecovery>;

export const RecordRepayment = named(
  'RecordRepayment',
  closed({
    amountFen: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: '退回金额（分） · in fen',
    }),
    reference: Text({
      minLength: 1,
      maxLength: 60,
      description: '入账凭证号 · reference of the receipt',
    }),
    receivedOn: Day,
  }),
);
export type RecordRepayment = Static<typeof RecordRepayment>;
