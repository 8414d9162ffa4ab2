// Schemas for accepting cases.

import { type Static, Type } from 'typebox';
import {
  CaseNumber,
  closed,
  named,
  Text,
  Uuid,
  Version,
  worded,
} from '../../platform/http/contract/schemas.ts';

const Reason = Text({
  minLength: 4,
  maxLength: 200,
  description: '各月均不符合条件仍予受理的理由 · why it is accepted although no month can be paid',
  examples: ['申请人称单位参保登记有误，已提交更正，待核实后审核'],
});

export const AcceptApplication = named(
  'AcceptApplication',
  closed(
    { reason: Type.Optional(Reason) },
    {
      description:
        '受理说明，按现有数据各月均不符合条件时须填写理由 · a reason only where no month can be paid',
      examples: [{}],
    },
  ),
);
export type AcceptApplication = Static<typeof AcceptApplication>;

export const CaseToAccept = named(
  'CaseToAccept',
  closed({
    applicationId: worded(Uuid, '申请编号 · id of the application'),
    version: worded(Version, '所见的申请版本 · the version you saw'),
    reason: Type.Optional(Reason),
  }),
);
export type CaseToAccept = Static<typeof CaseToAccept>;

export const AcceptedCase = named(
  'AcceptedCase',
  closed({ caseNumber: CaseNumber, version: worded(Version, '受理后的版本 · its version now') }),
);
