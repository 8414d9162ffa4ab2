// Deletes expired data and audits the number deleted of each kind. The operator sets retention times within the law
// (docs/operations.md); the database enforces the minimum.

import type { WriteContext } from '../../platform/context.ts';
import { cutAudit } from '../audit/operations.ts';
import { deleteExpiredOf, type Kind, kinds } from './store.ts';

/** Rows of each kind deleted per transaction, to keep transactions short. */
const atOnce = 5_000;

/** Deletes a batch of each kind. Returns whether there may be more. */
export async function deleteExpired(context: WriteContext): Promise<boolean> {
  const { answersDays, refusalsDays, questionsDays, deliveriesDays, auditYears } = context.settings.keep;
  const ago = (duration: Temporal.DurationLike) =>
    context.at.toZonedDateTimeISO('Asia/Shanghai').subtract(duration).toInstant().toString();
  const before: Record<Kind, string> = {
    'keyed-answers': ago({ days: answersDays }),
    nonces: context.at.toString(),
    'delivery-refusals': ago({ days: refusalsDays }),
    looks: ago({ years: auditYears }),
    questions: ago({ days: questionsDays }),
    // Longer than the alarm's time window.
    'counts-of-questions': ago({ days: 30 }),
    'webhook-secrets': context.at.toString(),
    'webhook-deliveries': ago({ days: deliveriesDays }),
  };
  const deleted: Record<string, number> = {};
  for (const kind of kinds) deleted[kind] = await deleteExpiredOf(context.tx, kind, before[kind], atOnce);
  deleted['audit'] = await cutAudit(context, ago({ years: auditYears }), atOnce);
  const counts = Object.values(deleted);
  // No entry if nothing had expired.
  if (counts.some((count) => count > 0))
    await context.audit({ target: ['retention', 'daily'], change: { deleted } });
  return counts.some((count) => count === atOnce);
}
