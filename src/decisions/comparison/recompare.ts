// Looks at open cases again when records or coverage have arrived, and tells their officers where the outcome of a check
// is another one. Decides nothing; the comparison that counts is the reviewer's.

import { createHash } from 'node:crypto';
import { lockOpenApplications, setRecordsChanged } from '../../applications/application/operations.ts';
import { assessPerson } from '../../eligibility/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import type { KeptAssessment } from '../../rules/explain/explain.ts';
import { dayInShanghai } from '../../values/days.ts';
import { findLatestComparison } from '../decision/store.ts';
import { readAssessment } from './snapshot.ts';

/**
 * Assesses a person's open applications with what is known now. An application whose checks answer otherwise, or rest on
 * other records, than at its latest comparison is marked for its officers' list; doing it again marks nothing twice.
 * Answers how many were marked.
 */
export async function recompareOpenApplications(context: WriteContext, personId: string): Promise<number> {
  // Cases before the person: the order in which a comparison and a decision hold them.
  const applications = await lockOpenApplications(context.tx, personId);
  if (applications.length === 0) return 0;
  const person = await holdPerson(context, personId);
  let marked = 0;
  for (const application of applications) {
    const { applicationId, agencyCode, months, submittedAt, recordsToldDigest } = application;
    if (submittedAt === null) throw new Error('an open case was submitted');
    const assessment = await assessPerson(context, {
      personId,
      person,
      agencyCode,
      months,
      submittedOn: dayInShanghai(Temporal.Instant.from(submittedAt)),
      decidedOn: context.today,
    });
    const digest = digestOf(assessment);
    const comparison = await findLatestComparison(context.tx, personId, applicationId);
    const seen = comparison === undefined ? null : digestOf(readAssessment(comparison.assessment));
    const isNew = recordsToldDigest === null ? true : !recordsToldDigest.equals(digest);
    const differs = seen === null || !seen.equals(digest);
    if (!isNew || !differs) continue;
    marked += 1;
    const recordsChangedAt = context.at.toString();
    await setRecordsChanged(context.tx, application, { recordsChangedAt, recordsToldDigest: digest });
    const change = { recordsChangedAt, outcome: assessment.outcome };
    await context.audit({ target: ['application', applicationId], personId, change });
  }
  return marked;
}

/** Of what an officer would see otherwise: the answers and the records they rest on, not the day of asking. */
function digestOf({ months, outcome }: KeptAssessment): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([outcome, months]))
    .digest();
}
