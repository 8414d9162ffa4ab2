// Which parameter values make up the policy on a day, and the name of that policy. The values themselves are in
// parameters.ts; what a check means is in catalogue.ts.

import type { Day } from '../../values/days.ts';
import {
  type Dated,
  type Parameter,
  type Parameters,
  type ParameterValues,
  parameters,
} from './parameters.ts';

/** Whose retirement ages count from 2025 on: the national progressive table, or the ages written in the measure. */
export type StatutoryAgeMode = 'national' | 'document';
export type PolicyChoice = { readonly statutoryAge: StatutoryAgeMode };

/**
 * The policy of all decisions taken from `from` until the next version: each parameter with every value that had come
 * into force by then. Earlier values stay, because amount and retirement age follow the month judged; later ones are
 * left out, so that a version never changes when the future is written down.
 */
export type Policy = {
  /** `jdz-2024-139/2025-01-01`; with the document's ages `jdz-2024-139/2024-12-06+document`. */
  readonly version: string;
  readonly from: Day;
  readonly statutoryAge: StatutoryAgeMode;
  readonly parameters: Parameters;
};

/** Every version, oldest first. */
export function policyVersions(choice: PolicyChoice): readonly Policy[] {
  return versions[choice.statutoryAge];
}

/** The policy of a decision taken on `day`. Throws a RangeError for a day before the measure was issued. */
export function policyOn(day: Day, choice: PolicyChoice): Policy {
  const policy = versions[choice.statutoryAge].findLast((version) => version.from <= day);
  if (policy === undefined) throw new RangeError(`no policy was in force on ${day}`);
  return policy;
}

/** The policy of a version that stands on an assessment; undefined where there is none of that name. */
export function policyNamed(version: string): Policy | undefined {
  return [...versions.national, ...versions.document].find((policy) => policy.version === version);
}

/**
 * The value in force on a day. A day before the first entry has the first entry's value: first approvals of earlier
 * years are imported, and the ages of the document were the law then too.
 */
export function inForce<T>(parameter: Parameter<T>, day: Day): T {
  const { values } = parameter;
  for (let i = values.length - 1; i > 0; i -= 1) {
    const dated = values[i];
    if (dated !== undefined && dated.from <= day) return dated.value;
  }
  return first(values).value;
}

/** The versions that a set of dated parameters makes; exported so that a test can lay a future value over today's. */
export function versionsOf(dated: Parameters, choice: PolicyChoice): readonly Policy[] {
  const days = new Set<Day>();
  for (const { values } of Object.values(dated)) {
    for (const value of values) if (applies(value, choice)) days.add(value.from);
  }
  return [...days].sort().map((from) => ({
    version: `jdz-2024-139/${from}${choice.statutoryAge === 'document' ? '+document' : ''}`,
    from,
    statutoryAge: choice.statutoryAge,
    parameters: known(dated, from, choice),
  }));
}

/**
 * The values of a policy as one line of JSON, without titles and reasons: two policies decide alike exactly when their
 * lines are equal, and a better worded reason changes no stored line.
 */
export function serialisePolicy(policy: Policy): string {
  const values = Object.entries(policy.parameters)
    // A parameter that came later is not part of this version, and its name must not change this version's line.
    .filter(([, parameter]) => parameter.values.length > 0)
    .map(([name, parameter]) => [name, parameter.values.map(({ from, value }) => [from, value])] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({
    version: policy.version,
    statutoryAge: policy.statutoryAge,
    values: Object.fromEntries(values),
  });
}

/**
 * The policy that `serialisePolicy` wrote: what an old decision is replayed under, whatever the values of today's code
 * are. Articles and reasons were not written and decide nothing; they stand empty.
 */
export function readPolicy(text: string): Policy {
  // The cast: only serialisePolicy writes these lines, and their digest was compared.
  const written = JSON.parse(text) as {
    version: string;
    statutoryAge: StatutoryAgeMode;
    values: Record<string, readonly (readonly [Day, unknown])[]>;
  };
  const { version, statutoryAge, values } = written;
  const from = version.slice(version.indexOf('/') + 1).slice(0, 10);
  return { version, from, statutoryAge, parameters: withValues(parameters, values) };
}

/** The titles of today with these values, and with none where there are none. */
function withValues(
  titled: Parameters,
  values: Readonly<Record<string, readonly (readonly [Day, unknown])[]>>,
): Parameters {
  const written = new Map(Object.entries(values));
  const entries = Object.entries(titled).map(([name, parameter]) => {
    const dated = (written.get(name) ?? []).map(([from, value]) => ({
      from,
      value,
      article: '',
      source: '',
      reason: '',
    }));
    return [name, { ...parameter, values: dated }] as const;
  });
  // As in `known`: names and value types were only copied.
  return Object.fromEntries(entries) as unknown as Parameters;
}

/** Values somebody would like to try, by the names of their parameters. */
export type ChangedValues = Partial<ParameterValues>;

/** The policy with these values in force on every day, whatever day they are judged on: for a rehearsal, never a decision. */
export function changePolicy(policy: Policy, values: ChangedValues): Policy {
  const entries = Object.entries(values).map(([name, value]) => [name, [[policy.from, value]]] as const);
  const changed = Object.fromEntries(entries);
  const kept = Object.entries(policy.parameters)
    .filter(([name]) => !Object.hasOwn(changed, name))
    .map(([name, parameter]) => {
      const dated: readonly Dated<unknown>[] = parameter.values;
      return [name, dated.map(({ from, value }) => [from, value] as const)] as const;
    });
  const parametersOf = withValues(policy.parameters, { ...Object.fromEntries(kept), ...changed });
  return { ...policy, version: `${policy.version}~rehearsed`, parameters: parametersOf };
}

function known(dated: Parameters, from: Day, choice: PolicyChoice): Parameters {
  const entries = Object.entries(dated).map(([name, parameter]) => {
    const inTime = (value: Dated<unknown>) => value.from <= from && applies(value, choice);
    const values: readonly Dated<unknown>[] = parameter.values;
    return [name, { ...parameter, values: values.filter(inTime) }] as const;
  });
  // Object.fromEntries forgets which value belongs to which name; names and value types were only copied.
  return Object.fromEntries(entries) as unknown as Parameters;
}

function applies(value: Dated<unknown>, choice: PolicyChoice): boolean {
  return choice.statutoryAge === 'national' || value.nationalOnly !== true;
}

function first<T>(values: readonly Dated<T>[]): Dated<T> {
  const value = values[0];
  if (value === undefined) throw new RangeError('a parameter without a value');
  return value;
}

const versions = {
  national: versionsOf(parameters, { statutoryAge: 'national' }),
  document: versionsOf(parameters, { statutoryAge: 'document' }),
};
