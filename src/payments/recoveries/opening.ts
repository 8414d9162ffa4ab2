// Opens recoveries: because of a record that contradicts a granted month, false material, or an officer's finding.
// Opening decides nothing: the person is heard first.

import { createHash } from 'node:crypto';
import { assessPerson } from '../../eligibility/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { type CheckResult, contradictsGrant } from '../../rules/checks.ts';
import { dayInShanghai, spanOf } from '../../values/days.ts';
import type { Finding } from './lifecycle.ts';
import { tellStep } from './notify.ts';
import type { RecoveryCause } from './states.ts';
import * as store from './store.ts';

type GrantedMonth = Awaited<ReturnType<typeof store.listGrantedMonths>>[number];

/**
 * Reassesses a person's granted months with today's records, as of the day each was decided, and opens a `suspected`
 * recovery for each month that a record contradicts (undertaking 3, article 六). Only a `hit` counts: missing records
 * contradict nothing. Idempotent. Returns the number opened.
 */
export async function reassessPerson(context: WriteContext, personId: string): Promise<number> {
  const person = await holdPerson(context, personId);
  const granted = await store.listGrantedMonths(context.tx, personId);
  const deaths = await store.listDeaths(context.tx, personId);
  let opened = 0;
  for (const own of Map.groupBy(granted, (month) => month.applicationId).values()) {
    const [first] = own;
    if (first === undefined || first.submittedAt === null) throw new Error('a granted month was submitted');
    const assessment = await assessPerson(context, {
      personId,
      person,
      agencyCode: first.agencyCode,
      months: own.map(({ month }) => month),
      submittedOn: dayInShanghai(Temporal.Instant.from(first.submittedAt)),
      decidedOn: dayInShanghai(Temporal.Instant.from(first.decidedAt)),
    });
    for (const month of own) {
      const checks = assessment.months.find((assessed) => assessed.month === month.month)?.checks ?? [];
      const findings: Finding[] = checks
        .filter((check) => check.answer === 'hit' && contradictsGrant(check.code))
        .filter((check) => !isOfLaterDeath(check, month.month, deaths))
        .map((check) => ({ check: check.code, records: check.facts }));
      if (findings.length === 0) continue;
      const recoveryId = await open(context, personId, month, 'contradicting-record', { findings });
      if (recoveryId !== null) opened += 1;
    }
  }
  return opened;
}

/**
 * Whether a check is hit only because the person died after the month. The assessment as of the submission ends the
 * household, but what was earned before the death is not in doubt.
 */
function isOfLaterDeath(
  { code, facts }: CheckResult,
  month: string,
  deaths: Awaited<ReturnType<typeof store.listDeaths>>,
): boolean {
  const { lastDay } = spanOf(month);
  const isDead = deaths.some(({ diedOn }) => diedOn <= lastDay);
  return code === 'local-household' && !isDead && deaths.some(({ recordId }) => facts.includes(recordId));
}

interface Why {
  readonly findings?: readonly Finding[];
  readonly grounds?: string | null;
  /** Set for false material. */
  readonly barId?: string | null;
  /** Someone other than the actor, where the service continues an officer's report. */
  readonly openedBy?: string | null;
}

/** Opens a recovery; returns null if this or another contradiction already opened one for the month. */
export async function open(
  context: WriteContext,
  personId: string,
  granted: GrantedMonth,
  cause: RecoveryCause,
  {
    findings = [],
    grounds = null,
    barId = null,
    openedBy = context.role === 'service' ? null : officerOf(context.actor),
  }: Why,
): Promise<string | null> {
  const { month, applicationId, amountFen, agencyCode, streetCode } = granted;
  if (amountFen === null) throw new Error('a granted month has an amount');
  const recoveryId = context.newId();
  const why = grounds === null ? findings : [cause, grounds];
  const isNew = await store.insertRecovery(context.tx, {
    personId,
    recoveryId,
    applicationId,
    month,
    agencyCode,
    streetCode,
    state: 'suspected',
    version: 1,
    cause,
    grounds,
    findings: findings.map(({ check, records }) => ({ check, records: [...records] })),
    findingsDigest: createHash('sha256').update(JSON.stringify(why)).digest(),
    amountFen,
    openedAt: context.at.toString(),
    openedBy,
    barId,
  });
  if (!isNew) return null;
  await context.audit({
    target: ['recovery', recoveryId],
    personId,
    change: { state: 'suspected', cause, month, checks: findings.map(({ check }) => check) },
  });
  await tellStep(context, { personId, applicationId, month, amountFen }, 'opened');
  return recoveryId;
}

export function alreadyOpen(): Problem {
  return new Problem('state-conflict', {
    detail: '已有以同样事由提出的追回，或该月份的追回正在办理，请先查询。',
  });
}
