// The undertaking 承诺书: its published texts, and the paper of one case. Each function is one operation and one transaction.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { noticedCase } from '../application/description.ts';
import { found } from '../application/lifecycle.ts';
import { undertakingOf, undertakingOn, undertakings } from './undertaking.ts';

/**
 * The undertaking of a case on paper, filled in. Prints nothing of the person in full; that it was printed is in the audit.
 *
 * @throws Problem not-found
 */
export async function getUndertakingDocument(context: WriteContext, applicationId: string) {
  const application = await found(context, applicationId);
  const { personId, caseNumber, createdAt, undertakingVersion } = application;
  // What was signed; what is to be signed, while nothing is.
  const undertaking =
    undertakingVersion === null ? undertakingOn(context.today) : undertakingOf(undertakingVersion);
  if (undertaking === null) throw new Error(`${undertakingVersion} was published`);
  const { name, identityNumber } = await noticedCase(context, application);
  await context.audit({
    target: ['application', applicationId],
    personId,
    change: { printed: 'undertaking', version: undertaking.version },
  });
  return { undertaking, caseNumber, createdAt, name, identityNumber };
}

/** Every published text of the undertaking, for those who show it to an applicant; oldest first. */
export async function listUndertakings({ today }: ReadContext) {
  const current = undertakingOn(today);
  return {
    undertakings: undertakings.map(({ version, from, text, digest }) => ({
      version,
      from,
      isCurrent: version === current?.version,
      text,
      sha256: digest.toString('hex'),
    })),
  };
}
