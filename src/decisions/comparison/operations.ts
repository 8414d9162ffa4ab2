// Compares a case with the registers and stores exactly the input of the rules. Compares open cases again when records
// arrive, and marks those whose outcome changes. Decides nothing.

import { createHash } from 'node:crypto';
import {
  found,
  lockedWithPerson,
  lockOpenCases,
  markRecordsChanged,
  markRecordsSeen,
} from '../../applications/application/lifecycle.ts';
import { type Flag, flagsOfCase } from '../../applications/flags/operations.ts';
import { assessPerson, type Question, takeSnapshot } from '../../eligibility/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Application, Comparison } from '../../platform/database/tables.ts';
import { together } from '../../platform/database/together.ts';
import { Problem } from '../../platform/problem.ts';
import {
  birthDateOf,
  findPerson,
  holdPerson,
  knownToRules,
  setCurrentPerson,
} from '../../registers/people/operations.ts';
import { assess } from '../../rules/assess.ts';
import { describeAssessment, type KeptAssessment } from '../../rules/explain/explain.ts';
import type { Person } from '../../rules/retirement.ts';
import { type Day, dayInShanghai } from '../../values/days.ts';
import { fieldErrorsOfUnclear } from '../decision/grounds.ts';
import { changesBetween } from './changes.ts';
import type { CaseToCompare } from './schemas.ts';
import { judgedOver, readAssessment, readSnapshot } from './snapshot.ts';
import { findComparison, findLatestComparison, insertComparison } from './store.ts';

/**
 * Assesses an accepted case over a snapshot of exactly the records, coverage and term used, and stores both with their
 * digests. Each call stores a new comparison with its differences from the previous one; the latest counts.
 *
 * @throws Problem not-found, state-conflict
 */
export async function compareApplication(context: WriteContext, applicationId: string) {
  const [{ application, person }, previous] = await together([
    lockedWithPerson(context, applicationId),
    findLatestComparison(context.tx, applicationId),
  ]);
  if (application.state !== 'accepted') {
    throw new Problem('state-conflict', { detail: '只有已受理、待审核的申请可以比对，请先查询申请状态。' });
  }
  const [{ kept }, flags] = await together([
    keepComparison(context, application, person),
    flagsOfCase(context, application),
  ]);
  if (application.recordsChangedAt !== null) await markRecordsSeen(context, application);
  return described(context, application, { kept, previous, born: person.born, flags });
}

/** Compares one of many cases, as `compareApplication` does. Tells which of them may be signed together. */
export async function compareApplications(context: WriteContext, { applicationId }: CaseToCompare) {
  const { id, applicationVersion, assessment, flags } = await compareApplication(context, applicationId);
  const { outcome, amountFen } = assessment;
  const isClear = fieldErrorsOfUnclear({ assessment, flags }).length === 0;
  return { comparisonId: id, applicationVersion, outcome, amountFen, isClear };
}

/**
 * A comparison as it was answered, from its stored snapshot and assessment. The application's version and flags are
 * those of now.
 *
 * @throws Problem not-found
 */
export async function getComparison(context: ReadContext, applicationId: string, comparisonId: string) {
  const application = await found(context, applicationId);
  const [[kept, previous], flags] = await Promise.all([
    findComparison(context.tx, application, comparisonId),
    flagsOfCase(context, application),
  ]);
  if (kept?.comparisonId !== comparisonId) throw new Problem('not-found');
  context.shows([application.personId]);
  return described(context, application, {
    kept,
    previous,
    born: birthDateOf(context.encryption, kept),
    flags,
  });
}

interface ToDescribe {
  readonly kept: Comparison;
  readonly previous: Comparison | undefined;
  readonly born: Day;
  readonly flags: Flag[];
}

function described(
  context: ReadContext,
  application: Application,
  { kept, previous, born, flags }: ToDescribe,
) {
  // A new one is parsed from its text too, because JSON may change values (undefined, for example).
  const compared = ({ snapshot, assessment }: Pick<Comparison, 'snapshot' | 'assessment'>) => ({
    snapshot: readSnapshot(snapshot, born),
    assessment: readAssessment(assessment),
  });
  const { snapshot, assessment } = compared(kept);
  return {
    id: kept.comparisonId,
    applicationId: application.applicationId,
    applicationVersion: application.version,
    comparedAt: kept.comparedAt,
    snapshotSha256: kept.snapshotDigest.toString('hex'),
    assessmentSha256: kept.assessmentDigest.toString('hex'),
    assessment: describeAssessment(assessment, snapshot.claim, context.policies),
    flags,
    changes:
      previous === undefined
        ? null
        : {
            previousComparisonId: previous.comparisonId,
            ...changesBetween(compared(previous), { snapshot, assessment }),
          },
  };
}

/** Assesses a case, which the caller has locked with its person, and stores snapshot and assessment. */
export async function keepComparison(context: WriteContext, application: Application, person: Person) {
  const { personId, applicationId } = application;
  const { claim, policy, records } = await takeSnapshot(context, questionOf(context, application, person));
  const { assessment, ...texts } = judgedOver(claim, policy, records);
  const kept: Comparison = {
    personId,
    comparisonId: context.newId(),
    applicationId,
    comparedAt: context.at.toString(),
    comparedBy: officerOf(context.actor),
    policyVersion: policy.version,
    snapshot: texts.snapshot,
    snapshotDigest: texts.snapshotDigest,
    assessment: texts.assessed,
    assessmentDigest: texts.assessedDigest,
  };
  insertComparison(context.tx, kept);
  await context.audit({
    target: ['application', applicationId],
    personId,
    change: {
      comparisonId: kept.comparisonId,
      snapshot: kept.snapshotDigest.toString('hex'),
      assessment: kept.assessmentDigest.toString('hex'),
      outcome: assessment.outcome,
    },
  });
  return { kept, claim, records, assessment };
}

/**
 * The submitted case as it stands, assessed with today's records as if it were decided today. Stores nothing. Not of
 * drafts and withdrawn cases: they would show records of people who have not applied, past the limits of questions.
 *
 * @throws Problem not-found, state-conflict
 */
export async function getApplicationAssessment(context: ReadContext, applicationId: string) {
  const application = await found(context, applicationId);
  const { personId, state } = application;
  if (state === 'draft' || state === 'withdrawn') {
    const detail = '草稿和已撤回的申请不能比对；提交前请用资格预审查询。';
    throw new Problem('state-conflict', { detail });
  }
  context.shows([personId]);
  const [{ assessment, claim }, flags] = await Promise.all([
    assessedToday(context, application),
    flagsOfCase(context, application),
  ]);
  return {
    applicationId,
    applicationVersion: application.version,
    assessedAt: context.at.toString(),
    assessment: describeAssessment(assessment, claim, context.policies),
    flags,
  };
}

/** A submitted case assessed as if it were decided today, with its claim. Makes the person the current one. */
export async function assessedToday(context: ReadContext, application: Application) {
  const { personId, applicationId } = application;
  setCurrentPerson(context, personId);
  const person = findPerson(context, personId).then((row) => {
    if (row === undefined) throw new Error(`application ${applicationId} has no person`);
    return knownToRules(context, row);
  });
  const question = questionOf(context, application, person);
  const { claim, policy } = await takeSnapshot(context, question);
  return { claim, assessment: assess(claim, policy) };
}

/** The claim of a submitted case if it were decided today. */
export function questionOf(
  context: ReadContext,
  application: Application,
  person: Question['person'],
): Question {
  const { personId, applicationId, agencyCode, months, submittedAt } = application;
  if (submittedAt === null) throw new Error(`application ${applicationId} was not submitted`);
  const submittedOn = dayInShanghai(Temporal.Instant.from(submittedAt));
  return { personId, person, agencyCode, months, submittedOn, decidedOn: context.today };
}

/**
 * Assesses a person's open cases with the current records. Marks a case for its officers' list if a check has another
 * answer than at its latest comparison, or rests on other records. Idempotent. Returns the number marked.
 */
export async function recompareOpenApplications(context: WriteContext, personId: string): Promise<number> {
  // Cases before the person: the lock order of comparisons and decisions.
  const applications = await lockOpenCases(context, personId);
  if (applications.length === 0) return 0;
  const person = await holdPerson(context, personId);
  let marked = 0;
  for (const application of applications) {
    const { applicationId, recordsToldDigest } = application;
    const assessment = await assessPerson(context, questionOf(context, application, person));
    const digest = digestOfAnswers(assessment);
    if (recordsToldDigest?.equals(digest)) continue;
    const comparison = await findLatestComparison(context.tx, applicationId);
    if (comparison && digestOfAnswers(readAssessment(comparison.assessment)).equals(digest)) continue;
    marked += 1;
    const recordsChangedAt = context.at.toString();
    await markRecordsChanged(context, application, digest);
    const change = { recordsChangedAt, outcome: assessment.outcome };
    await context.audit({ target: ['application', applicationId], personId, change });
  }
  return marked;
}

/** Covers what would change for an officer: the answers and their records, but not the day of the assessment. */
function digestOfAnswers({ months, outcome }: KeptAssessment): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([outcome, months]))
    .digest();
}
