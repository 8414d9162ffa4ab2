// Parses proposed policy values. Unknown parameters and values of another shape are rejected by name.

import { isMonth } from '../values/days.ts';
import { insurances, retirementCategories } from './facts.ts';
import { type ParameterName, parameters } from './policy/parameters.ts';
import type { ChangedValues } from './policy/policy.ts';

/** Reports every error, one line each. */
export function readChangedValues(
  written: unknown,
): { values: ChangedValues } | { fieldErrors: readonly string[] } {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    return {
      fieldErrors: ['应为由参数名和值组成的对象 · an object of parameter names and values is expected'],
    };
  }
  const entries = Object.entries(written);
  const fieldErrors = entries.flatMap(([name, value]) => fieldErrorOf(name, value) ?? []);
  if (entries.length === 0) fieldErrors.push('至少应有一个改动的值 · at least one changed value is expected');
  if (fieldErrors.length > 0) return { fieldErrors };
  return { values: written as ChangedValues }; // each was compared with its parameter's current value
}

function fieldErrorOf(name: string, value: unknown): string | null {
  if (!isParameterName(name)) {
    return `${name}: 没有这个参数，名称须与 listPolicies 一致 · no such parameter; known are ${Object.keys(parameters).join(', ')}`;
  }
  const current: readonly unknown[] = parameters[name].values.map((dated) => dated.value);
  if (current.some((known) => isAlike(known, value)) || isOpenEnded(name, value)) return null;
  const shape = JSON.stringify(current.at(-1));
  return `${name}: 形式应与 ${shape} 相同 · not of the shape of ${shape}`;
}

function isParameterName(name: string): name is ParameterName {
  return Object.hasOwn(parameters, name);
}

/** The two parameters for which null means "no limit". */
function isOpenEnded(name: ParameterName, value: unknown): boolean {
  return (name === 'nearCapMonths' || name === 'claimDeadlineMonths') && isCount(value);
}

function isAlike(known: unknown, value: unknown): boolean {
  if (typeof known === 'number') return isCount(value);
  if (typeof known === 'string') return typeof value === 'string' && isAlikeText(known, value);
  if (typeof known !== 'object' || known === null || typeof value !== 'object' || value === null) {
    return typeof known === typeof value && (known === null) === (value === null);
  }
  const names = Object.keys(known);
  const given = Object.entries(value);
  const knownValues = new Map<string, unknown>(Object.entries(known));
  return (
    given.length === names.length && given.every(([name, inner]) => isAlike(knownValues.get(name), inner))
  );
}

function isAlikeText(known: string, value: string): boolean {
  if (isMonth(known)) return isMonth(value);
  const choices: readonly (readonly string[])[] = [retirementCategories, ['any', 'all', ...insurances]];
  const among = choices.find((choice) => choice.includes(known));
  return among === undefined ? /^\d+$/.test(value) : among.includes(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
