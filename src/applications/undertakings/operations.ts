// The undertaking 承诺书: its published texts, and the paper of one case.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { wholePage } from '../../platform/http/paging.ts';
import { describeAgents } from '../agents/agents.ts';
import { maskedNumberOf, signedName } from '../application/description.ts';
import { found } from '../application/lifecycle.ts';
import { undertakingOf, undertakingOn, undertakings } from './undertaking.ts';

/**
 * The filled-in undertaking of a case on paper, with numbers masked; printing it is audited.
 *
 * @throws Problem not-found
 */
export async function getUndertakingFile(context: WriteContext, applicationId: string) {
  const application = await found(context, applicationId);
  const { personId, caseNumber, createdAt, undertakingVersion } = application;
  // The signed text, or before the signature the one to sign.
  const undertaking =
    undertakingVersion === null ? undertakingOn(context.today) : undertakingOf(undertakingVersion);
  if (undertaking === null) throw new Error(`${undertakingVersion} was published`);
  const identityNumber = await maskedNumberOf(context, application);
  const name = signedName(context, application);
  const { agent } = describeAgents(context, application);
  await context.audit({
    target: ['application', applicationId],
    personId,
    change: { printed: 'undertaking', version: undertaking.version },
  });
  return { undertaking, caseNumber, createdAt, name, identityNumber, agent };
}

/** All published texts of the undertaking, oldest first, to be shown to applicants. */
export async function listUndertakings({ today }: ReadContext) {
  const current = undertakingOn(today);
  return wholePage(
    undertakings.map(({ version, from, text, digest }) => ({
      version,
      from,
      isCurrent: version === current?.version,
      text,
      sha256: digest.toString('hex'),
    })),
  );
}
