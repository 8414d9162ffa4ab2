// Publishes the policy: every parameter with dated values and articles, every check with its inputs and the meaning of
// its results. Read from the rules themselves, so that it cannot differ from what decides.

import type { ReadContext } from '../../platform/context.ts';
import { wholePage } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { type CheckEntry, catalogue } from '../../rules/policy/catalogue.ts';
import type { Parameter } from '../../rules/policy/parameters.ts';
import { type Policy, policyOn, policyVersions } from '../../rules/policy/policy.ts';

/** The policy versions of this service, oldest first. */
export async function listPolicies({ today, settings }: ReadContext) {
  const inForce = policyOn(today, settings).version;
  return wholePage(policyVersions(settings).map((policy) => summarise(policy, inForce)));
}

/**
 * One version with all its content.
 *
 * @throws Problem not-found
 */
export async function getPolicy({ today, settings }: ReadContext, version: string) {
  const policy = policyVersions(settings).find((known) => known.version === version);
  if (policy === undefined) throw new Problem('not-found');
  return {
    ...summarise(policy, policyOn(today, settings).version),
    parameters: Object.entries(policy.parameters).map(([name, parameter]) =>
      describeParameter(name, parameter),
    ),
    checks: Object.entries(catalogue).map(([code, entry]) => describeCheck(code, entry)),
  };
}

function summarise(policy: Policy, inForce: string) {
  const { version, from, statutoryAge } = policy;
  return { version, from, statutoryAge, inForce: version === inForce };
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
