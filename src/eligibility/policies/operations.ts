// Publishes the policy: every parameter with dated values and articles, every check with its inputs and the meaning of
// its results. The values are read from what decides, including versions adopted a moment ago elsewhere.

import type { ReadContext } from '../../platform/context.ts';
import { wholePage } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { listPolicyVersions } from '../../platform/reference/policies.ts';
import { type CheckEntry, catalogue } from '../../rules/policy/catalogue.ts';
import type { Parameter } from '../../rules/policy/parameters.ts';
import { ownVersions, type Policy, policyOn } from '../../rules/policy/policy.ts';

/** The policy versions of this service, oldest first. */
export async function listPolicies(context: ReadContext) {
  return wholePage((await published(context)).map((policy) => summarise(policy, context)));
}

/**
 * One version with all its content.
 *
 * @throws Problem not-found
 */
export async function getPolicy(context: ReadContext, version: string) {
  const policy = (await published(context)).find((known) => known.version === version);
  if (policy === undefined) throw new Problem('not-found');
  return {
    ...summarise(policy, context),
    parameters: Object.entries(policy.parameters).map(([name, parameter]) =>
      describeParameter(name, parameter),
    ),
    checks: Object.entries(catalogue).map(([code, entry]) => describeCheck(code, entry)),
  };
}

async function published({ tx, policies: { statutoryAge } }: ReadContext): Promise<readonly Policy[]> {
  return ownVersions({ versions: await listPolicyVersions(tx), statutoryAge });
}

function summarise({ version, from, statutoryAge }: Policy, { today, policies }: ReadContext) {
  return { version, from, statutoryAge, inForce: version === policyOn(today, policies).version };
}
function describeParameter(name: string, { title, titleEn, judgedOn, values }: Parameter<unknown>) {
  return {
    name,
    title,
    titleEn,
    judgedOn,
    values: values.map(({ from, value, article, source, reason }) => ({
      from,
      value,
      article,
      source,
      reason,
    })),
  };
}

function describeCheck(code: string, { needs, ...entry }: CheckEntry) {
  return { code, ...entry, meaning: { ...entry.meaning }, needs: [...needs] };
}
