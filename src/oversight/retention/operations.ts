// Deletes what is kept no longer, really, and says how much of what in the audit. How long is the operator's choice, within
// what the law asks (docs/operations.md); the database holds the shortest times by itself.

import type { WriteContext } from '../../platform/context.ts';
import { cutAudit } from '../audit/operations.ts';
import { deleteExpiredOf, type Kind, kinds } from './store.ts';

/** Of each kind in one transaction, so that it stays short. */
const atOnce = 5_000;

/** Answers whether there may be more. */
export async function deleteExpired(context: WriteContext): Promise<boolean> {
  const { answersDays, refusalsDays, questionsDays, auditYears } = context.settings.keep;
  const ago = (duration: Temporal.DurationLike) =>
    context.at.toZonedDateTimeISO('Asia/Shanghai').subtract(duration).toInstant().toString();
  const before: Record<Kind, string> = {
    'keyed-answers': ago({ days: answersDays }),
    nonces: context.at.toString(),
    'delivery-refusals': ago({ days: refusalsDays }),
    looks: ago({ years: auditYears }),
    questions: ago({ days: questionsDays }),
    // Longer than the alarm looks back on.
    'counts-of-questions': ago({ days: 30 }),
  };
  const deleted: Record<string, number> = {};
  for (const kind of kinds) deleted[kind] = await deleteExpiredOf(context.tx, kind, before[kind], atOnce);
  deleted['audit'] = await cutAudit(context, ago({ years: auditYears }), atOnce);
  const counts = Object.values(deleted);
  // A day on which nothing was over leaves no entry: there is nothing to tell.
  if (counts.some((count) => count > 0))
    await context.audit({ target: ['retention', 'daily'], change: { deleted } });
  return counts.some((count) => count === atOnce);
}
