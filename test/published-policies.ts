// The policies of reference/policy, as a new database publishes them.

import { readPolicyFiles } from '../src/platform/reference/policy-files.ts';
import type { ParameterValues } from '../src/rules/policy/parameters.ts';
import {
  type Policies,
  type Policy,
  type PolicyChange,
  policyOn as policyOf,
  type StatutoryAgeMode,
  versionsOf,
} from '../src/rules/policy/policy.ts';
import type { Day } from '../src/values/days.ts';

export const parameters = readPolicyFiles();

export const policies: Policies = {
  versions: [...versionsOf(parameters, 'national'), ...versionsOf(parameters, 'document')],
  statutoryAge: 'national',
};

export function policyOn(day: Day, { statutoryAge }: { readonly statutoryAge: StatutoryAgeMode }): Policy {
  return policyOf(day, { ...policies, statutoryAge });
}

/** Values to rehearse or propose, each with its grounds. */
export function changed(values: Partial<ParameterValues>): PolicyChange['values'] {
  const entries = Object.entries(values).map(([name, value]) => [
    name,
    { value, article: '第二条', source: '景人社字〔2026〕88号', reason: '按新的文件调整。' },
  ]);
  return Object.fromEntries(entries);
}
