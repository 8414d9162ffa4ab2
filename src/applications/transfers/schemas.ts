// Schemas for the transfer of a case to the place of the household.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  CaseNumber,
  closed,
  Day,
  Instant,
  named,
  nullable,
  StreetCode,
  some,
  Text,
  titlesOf,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { states } from '../application/states.ts';

const Reason = Text({
  minLength: 4,
  maxLength: 500,
  description: '移送事由，将告知申请人 · why it belongs elsewhere; the applicant is told',
  examples: ['经核对户口簿，申请人户籍在里村街道'],
});

export const TransferApplication = named(
  'TransferApplication',
  closed(
    {
      streetCode: worded(
        StreetCode,
        '户籍所在街道（乡镇） · the street in which the household is',
        '360203003',
      ),
      reason: Reason,
    },
    {
      description: '移送到何处、为何 · where to, and why',
      examples: [{ streetCode: '360203003', reason: '经核对户口簿，申请人户籍在里村街道' }],
    },
  ),
);
export type TransferApplication = Static<typeof TransferApplication>;

const Place = named(
  'Place',
  closed(
    { agencyCode: AgencyCode, streetCode: StreetCode },
    { description: '经办机构和街道（乡镇） · agency and street' },
  ),
);

const transferred = {
  from: worded(Place, '移送前 · before'),
  to: worded(Place, '移送后 · after'),
  reason: Reason,
  transferredAt: worded(Instant, '移送时间 · when it was handed over'),
};

export const Transfers = Type.Array(named('TransferOfCase', closed(transferred)), {
  description: '移送经过，先后为序 · where the case was handed over, oldest first',
});

export const Transfer = named(
  'Transfer',
  closed(
    {
      applicationId: Uuid,
      caseNumber: CaseNumber,
      version: Version,
      state: words(
        'TransferableState',
        some(titlesOf(states), ['submitted', 'correction-requested', 'accepted']),
        '申请状态，移送不改变 · the state, which stays',
      ),
      ...transferred,
      dueOn: nullable(worded(Day, '办理时限到期日，连续计算；补正期间为 null · the time limit goes on')),
    },
    { description: '一次移送 · a case handed over' },
  ),
);
