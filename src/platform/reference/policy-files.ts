// The published values of reference/policy: one file for each version of the policy, oldest first.

import { readdirSync, readFileSync } from 'node:fs';
import { type Parameters, parameterTitles } from '../../rules/policy/parameters.ts';
import { type PolicyChange, parametersOf } from '../../rules/policy/policy.ts';
import { PolicyFile } from '../http/contract/policy-values.ts';
import { validatorOf } from '../http/problems/validation.ts';
import { OperatorError } from '../operator-error.ts';

const folder = new URL('../../../reference/policy/', import.meta.url);

/** @throws OperatorError with every fault of every file */
export function readPolicyFiles(from: URL = folder): Parameters {
  const faults: string[] = [];
  const changes: PolicyChange[] = [];
  const names = readdirSync(from).filter((name) => name.endsWith('.json'));
  for (const name of names.sort()) {
    const written = readJson(new URL(name, from));
    for (const fault of faultsOf(written, PolicyFile)) faults.push(`${name}${fault}`);
    // The cast: used after the faults are told only.
    const change = written as PolicyChange | null;
    if (change === null) continue;
    if (change.from !== name.slice(0, -'.json'.length))
      faults.push(`${name}/from: 应与文件名相同 · must be the day of the file's name`);
    changes.push(change);
  }
  const missing = Object.keys(parameterTitles).filter(
    (name) => !Object.hasOwn(changes[0]?.values ?? {}, name),
  );
  for (const name of missing) faults.push(`${names[0]}/values/${name}: 缺少 · missing`);
  if (faults.length > 0) throw new OperatorError(`reference/policy 有误 · is wrong:\n${faults.join('\n')}`);
  return parametersOf(changes);
}

/** Where a written policy is not of its form, a line for each fault. */
export function faultsOf(written: unknown, schema: object): string[] {
  return validatorOf(schema)(written).map(
    ({ instancePath, message, params }) =>
      `${instancePath}: 与规定的形式不符 · ${message} ${JSON.stringify(params)}`,
  );
}

function readJson(file: URL): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
