// Schemas for the assignment of cases to officers.

import { type Static, Type } from 'typebox';
import { closed, named, nullable, Text, Uuid, worded } from '../../platform/http/contract/schemas.ts';

export const CaseToAssign = named(
  'CaseToAssign',
  closed({
    applicationId: worded(Uuid, '申请编号 · id of the application'),
    account: nullable(
      Text({
        minLength: 1,
        maxLength: 200,
        description:
          '办理人员的账号（“签发者|账号”，同一签发者的可只写账号），me 为本人；null 为不再指派 · whose queue; `me`, or null for nobody’s',
      }),
    ),
    reason: Type.Optional(
      Text({
        minLength: 2,
        maxLength: 200,
        description: '原因；从其他人员名下转出时必填 · needed where it leaves the queue of somebody else',
      }),
    ),
  }),
);
export type CaseToAssign = Static<typeof CaseToAssign>;

export const AssignedCase = named(
  'AssignedCase',
  closed({
    assignedTo: nullable(Type.String({ description: '现在由谁办理 · in whose queue it is now' })),
    before: nullable(Type.String({ description: '此前由谁办理 · in whose queue it was' })),
  }),
);
