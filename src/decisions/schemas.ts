// What travels when a case is compared and decided.

import { type Static, Type } from 'typebox';
import { Assessment } from '../eligibility/schemas.ts';
import { AmountFen, closed, Instant, named, Uuid, Version } from '../http/schemas.ts';

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256' });

export const Comparison = named(
  'Comparison',
  closed({
    id: Uuid,
    applicationId: Uuid,
    applicationVersion: Version,
    comparedAt: Instant,
    snapshotSha256: Sha256,
    assessmentSha256: Sha256,
    assessment: Assessment,
  }),
);

const Outcome = Type.Enum(['approved', 'refused'], {
  description:
    'approved：批准可发放的月份，其余附理由不予批准；refused：整份不予批准 · approve the payable months, or refuse the whole',
});

export const DecideApplication = named(
  'DecideApplication',
  closed({
    comparisonId: Type.Unsafe<string>({
      ...Uuid,
      description: '据以决定的比对，须为最近一次 · the comparison decided on, the latest',
    }),
    outcome: Outcome,
    releaseUndetermined: Type.Optional(
      Type.Boolean({
        description:
          '放开尚不能确定的月份，由申请人以后再申请 · leave undetermined months free for a later application',
      }),
    ),
  }),
);
export type DecideApplication = Static<typeof DecideApplication>;

export const Decision = named(
  'Decision',
  closed({
    id: Uuid,
    applicationId: Uuid,
    caseNumber: Type.String(),
    outcome: Outcome,
    decidedAt: Instant,
    amountFen: AmountFen,
    snapshotSha256: Sha256,
    assessment: Assessment,
  }),
);
