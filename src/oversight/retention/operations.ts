// Deletes expired data and audits how much of each kind. The operator sets the retention times within what the law asks
// (docs/operations.md); the database enforces the shortest ones.

import type { WriteContext } from '../../platform/context.ts';
import { cutAudit } from '../audit/operations.ts';
import { deleteExpiredOf, type Kind, kinds } from './store.ts';

/** Rows deleted of each kind in one transaction, so that it stays short. */
const atOnce = 5_000;

/** Deletes a batch of each kind. Answers whether there may be more. */
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
    // Longer than the alarm looks back.
    'counts-of-questions': ago({ days: 30 }),
  };
  const deleted: Record<string, number> = {};
  for (const kind of kinds) deleted[kind] = await deleteExpiredOf(context.tx, kind, before[kind], atOnce);
  deleted['audit'] = await cutAudit(context, ago({ years: auditYears }), atOnce);
  const counts = Object.values(deleted);
  // A day on which nothing had expired leaves no entry.
  if (counts.some((count) => count > 0))
    await context.audit({ target: ['retention', 'daily'], change: { deleted } });
  return counts.some((count) => count === atOnce);
}
