// Selects the values that form the policy of a day, and names its version. Pure: the published versions are passed in.

import type { Day } from '../../values/days.ts';
import {
  type Dated,
  type Parameter,
  type ParameterName,
  type Parameters,
  type ParameterValues,
  parameterTitles,
} from './parameters.ts';

/** Retirement ages from 2025 on: the national progressive table, or the ages in the measure. */
export type StatutoryAgeMode = 'national' | 'document';

/**
 * The policy of decisions from `from` until the next version: each parameter with every value in force by
 * then. Earlier values stay, because amount and retirement age depend on the assessed month.
 */
export type Policy = {
  /** `jdz-2024-139/2025-01-01`; with the document's ages `jdz-2024-139/2024-12-06+document`. */
  readonly version: string;
  readonly from: Day;
  readonly statutoryAge: StatutoryAgeMode;
  readonly parameters: Parameters;
};

/** Every published version, oldest first, and the retirement ages by which this service decides. */
export type Policies = {
  readonly versions: readonly Policy[];
  readonly statutoryAge: StatutoryAgeMode;
};

/** Values that apply from a day on: a file of reference/policy, or a proposal. */
export type PolicyChange = {
  readonly from: Day;
  readonly values: {
    readonly [N in ParameterName]?: Omit<Dated<ParameterValues[N]>, 'from'>;
  };
};

/** The versions by which this service decides. */
export function ownVersions({ versions, statutoryAge }: Policies): readonly Policy[] {
  return versions.filter((policy) => policy.statutoryAge === statutoryAge);
}

/** The policy of a decision on `day`. @throws RangeError for a day before the measure was issued */
export function policyOn(day: Day, policies: Policies): Policy {
  const policy = policies.versions.findLast(
    ({ from, statutoryAge }) => from <= day && statutoryAge === policies.statutoryAge,
  );
  if (policy === undefined) throw new RangeError(`no policy was in force on ${day}`);
  return policy;
}

/** The policy with this version, whatever ages the service decides by now; undefined when there is none. */
export function policyNamed(version: string, { versions }: Pick<Policies, 'versions'>): Policy | undefined {
  return versions.find((policy) => policy.version === version);
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

/** The parameters with the values of each change added in turn; without `to`, from nothing. */
export function parametersOf(changes: readonly PolicyChange[], to?: Parameters): Parameters {
  return mapParameters((name) => [
    ...(to?.[name].values ?? []),
    ...changes.flatMap(({ from, values }) => {
      const value = values[name];
      return value === undefined ? [] : [{ from, ...value }];
    }),
  ]);
}

/** The versions that result from dated values, oldest first. */
export function versionsOf(dated: Parameters, statutoryAge: StatutoryAgeMode): readonly Policy[] {
  const isOf = ({ nationalOnly }: Dated<unknown>) => statutoryAge === 'national' || nationalOnly !== true;
  const days = new Set<Day>();
  for (const { values } of Object.values<Parameter<unknown>>(dated))
    for (const value of values) if (isOf(value)) days.add(value.from);
  return [...days].sort().map((from) => ({
    version: `jdz-2024-139/${from}${statutoryAge === 'document' ? '+document' : ''}`,
    from,
    statutoryAge,
    parameters: mapParameters((name) =>
      dated[name].values.filter((value) => value.from <= from && isOf(value)),
    ),
  }));
}

/** The next version: a policy with one change more. */
export function changedBy({ parameters, statutoryAge }: Policy, change: PolicyChange): Policy {
  const next = versionsOf(parametersOf([change], parameters), statutoryAge).at(-1);
  if (next === undefined) throw new RangeError('a change without a value');
  return next;
}

/** A policy as one line of JSON, without titles, which are not part of it. */
export function serialisePolicy({ version, from, statutoryAge, parameters }: Policy): string {
  const values = Object.entries<Parameter<unknown>>(parameters)
    // A later parameter is not part of this version and must not change its line.
    .filter(([, parameter]) => parameter.values.length > 0)
    .map(([name, parameter]) => [name, parameter.values] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({ version, from, statutoryAge, values: Object.fromEntries(values) });
}

/**
 * Parses the output of `serialisePolicy`: an old decision is replayed by its stored values. A parameter that the line
 * does not have has no value.
 */
export function readPolicy(text: string): Policy {
  // The cast: only serialisePolicy writes these lines, and their digest was compared.
  const { values, ...policy } = JSON.parse(text) as Omit<Policy, 'parameters'> & {
    readonly values: { readonly [N in ParameterName]?: readonly Dated<ParameterValues[N]>[] };
  };
  return { ...policy, parameters: mapParameters((name) => values[name] ?? []) };
}

/** The policy with these values in force on every day: for a rehearsal, never for a decision. */
export function changePolicy(policy: Policy, values: PolicyChange['values']): Policy {
  const parameters = mapParameters((name) => {
    const value = values[name];
    return value === undefined ? policy.parameters[name].values : [{ from: policy.from, ...value }];
  });
  return { ...policy, version: `${policy.version}~rehearsed`, parameters };
}

function mapParameters(
  valuesOf: (name: ParameterName) => readonly Dated<ParameterValues[ParameterName]>[],
): Parameters {
  const entries = Object.entries(parameterTitles).map(([name, title]) => [
    name,
    // The cast: these are the names of the titles.
    { ...title, values: valuesOf(name as ParameterName) },
  ]);
  // Object.fromEntries loses the link between names and value types, which each caller only copies.
  return Object.fromEntries(entries) as Parameters;
}

function first<T>(values: readonly Dated<T>[]): Dated<T> {
  const value = values[0];
  if (value === undefined) throw new RangeError('a parameter without a value');
  return value;
}
