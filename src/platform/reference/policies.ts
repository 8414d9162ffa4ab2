// The policies that a process decides by, read from the database once a day: an adopted version begins on a later day
// than its adoption, so that each process knows it in time.

import { createHash } from 'node:crypto';
import {
  ownVersions,
  type Policies,
  type Policy,
  readPolicy,
  type StatutoryAgeMode,
  serialisePolicy,
  versionsOf,
} from '../../rules/policy/policy.ts';
import type { Day } from '../../values/days.ts';
import type { Db, Tx } from '../database/connect.ts';
import { scopeOfService } from '../database/row-scope.ts';
import { transact } from '../database/transaction.ts';
import { OperatorError } from '../operator-error.ts';
import { readPolicyFiles } from './policy-files.ts';
import { insertPolicyVersion, listPolicyContents } from './store.ts';

/**
 * Adoptions must be done this long before the first day of their version, since clocks differ and a transaction takes
 * its time.
 */
export const knownBeforeMinutes = 10;

/** @throws OperatorError when a file of reference/policy is wrong, or its version is not published in the database */
export async function openPolicies(
  db: Db,
  statutoryAge: StatutoryAgeMode,
): Promise<(today: Day) => Promise<Policies>> {
  const read = async () => ({
    versions: await transact(db, scopeOfService, listPolicyVersions, { readOnly: true }),
    statutoryAge,
  });
  const published = ownVersions(await read()).map(({ version }) => version);
  const missing = versionsOf(readPolicyFiles(), statutoryAge).find(
    ({ version }) => !published.includes(version),
  );
  if (missing !== undefined) {
    throw new OperatorError(
      `政策版本 ${missing.version} 尚未写入数据库，请先运行 npm run migrate · ` +
        `policy ${missing.version} is not in the database; run npm run migrate first`,
    );
  }
  let known: { readonly day: Day; readonly policies: Promise<Policies> } | null = null;
  return async (today) => {
    if (known?.day !== today) {
      const reading = { day: today, policies: read() };
      known = reading;
      reading.policies.catch(() => {
        if (known === reading) known = null;
      });
    }
    return await known.policies;
  };
}

/** Every published version, oldest first. */
export async function listPolicyVersions(tx: Tx): Promise<readonly Policy[]> {
  return (await listPolicyContents(tx)).map(readPolicy);
}

/**
 * Publishes the next version of its mode; false when another was published under its name.
 *
 * @param proposalId null: of the files of this repository
 */
export async function publishPolicy(tx: Tx, policy: Policy, proposalId: string | null): Promise<boolean> {
  const { version, statutoryAge, from } = policy;
  const content = serialisePolicy(policy);
  const contentDigest = createHash('sha256').update(content).digest();
  return await insertPolicyVersion(tx, {
    version,
    statutoryAge,
    fromDay: from,
    proposalId,
    content,
    contentDigest,
  });
}
