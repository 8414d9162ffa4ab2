// Selects the parameter values that form the policy of a day, and names its version. The values are in
// parameters.ts.

import type { Day } from '../../values/days.ts';
import {
  type Dated,
  type Parameter,
  type Parameters,
  type ParameterValues,
  parameters,
} from './parameters.ts';

/** Retirement ages from 2025 on: the national progressive table, or the ages in the measure. */
export type StatutoryAgeMode = 'national' | 'document';
export type PolicyChoice = { readonly statutoryAge: StatutoryAgeMode };

/**
 * The policy of decisions from `from` until the next version: each parameter with every value in force by
 * then. Earlier values stay, because amount and retirement age depend on the assessed month; later ones are
 * omitted, so that adding a future value changes no existing version.
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

/** The policy of a decision on `day`. @throws RangeError for a day before the measure was issued */
export function policyOn(day: Day, choice: PolicyChoice): Policy {
  const policy = versions[choice.statutoryAge].findLast((version) => version.from <= day);
  if (policy === undefined) throw new RangeError(`no policy was in force on ${day}`);
  return policy;
}

/** The policy with this version; undefined when there is none. */
export function policyNamed(version: string): Policy | undefined {
  return [...versions.national, ...versions.document].find((policy) => policy.version === version);
}

/**
 * The value in force on a day. Days before the first entry use the first entry: first approvals of earlier
 * years are imported, and the document's ages were the law then too.
 */
export function inForce<T>(parameter: Parameter<T>, day: Day): T {
  const { values } = parameter;
  for (let i = values.length - 1; i > 0; i -= 1) {
    const dated = values[i];
    if (dated !== undefined && dated.from <= day) return dated.value;
  }
  return first(values).value;
}

/** The versions that result from dated parameters; exported so that tests can add a future value. */
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
 * A policy's values as one line of JSON, without titles and reasons: two policies decide alike exactly when
 * their lines are equal, and rewording a reason changes no stored line.
 */
export function serialisePolicy(policy: Policy): string {
  const values = Object.entries(policy.parameters)
    // A later parameter is not part of this version and must not change its line.
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
 * Parses the output of `serialisePolicy`: an old decision is replayed by its stored values, not by today's
 * code. Articles and reasons are not stored and stay empty.
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

/** Today's titles with these values, and no entry for a parameter without values. */
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

/** Proposed values by parameter name. */
export type ChangedValues = Partial<ParameterValues>;

/** The policy with these values in force on every day: for a rehearsal, never for a decision. */
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
  // Object.fromEntries loses the link between names and value types, which were only copied.
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
