// Random walks over all payment operations, compared with a small model that only adds. Requests are repeated and
// connections killed in between. After every step each figure equals the model's, and every equation holds. Set WALKS,
// WALK_STEPS and WALK_SEED for more, longer or other walks.

import fc from 'fast-check';
import t from 'tap';
import { setup } from '../../helper.ts';
import type { ReconciliationAnswer } from '../../steps.ts';
import { brokenInvariants } from '../invariants.ts';
import { stepNames, steps, stepsTowardsTheAccount } from './steps.ts';
import { Dice, World } from './world.ts';

const seed = Number(process.env['WALK_SEED'] ?? 139);
const walks = Number(process.env['WALKS'] ?? 2);
const stepsPerWalk = Number(process.env['WALK_STEPS'] ?? 50);

const taken = new Map<string, number>();

/** Takes the rolled step, or the next applicable one; returns its name. */
async function take(world: World, roll: number): Promise<string> {
  const dice = new Dice(roll);
  const start = dice.roll(stepNames.length);
  for (const offset of stepNames.keys()) {
    const name = stepNames[(start + offset) % stepNames.length] ?? '';
    if ((await steps[name]?.(world, dice)) !== true) continue;
    taken.set(name, (taken.get(name) ?? 0) + 1);
    return name;
  }
  throw new Error('there is always something to do');
}

/** Equations that do not hold, and figures that differ from the model. */
function fieldErrorsOf(
  { equations, figures }: ReconciliationAnswer,
  expected: Readonly<Record<string, number>>,
): string[] {
  const told = new Map(Object.entries(figures));
  return [
    ...equations.filter(({ holds }) => !holds).map((equation) => JSON.stringify(equation)),
    ...Object.entries(expected)
      .filter(([name, fen]) => told.get(name)?.amountFen !== fen)
      .map(([name, fen]) => `${name} is ${told.get(name)?.amountFen}, the model says ${fen}`),
  ];
}

async function walk(world: World, rolls: readonly number[]): Promise<void> {
  const { city, model } = world;
  const chainOf = async (url: string, query: Record<string, string> = {}) =>
    (await city.call<ReconciliationAnswer>('auditor', 'GET', url, { query, status: 200 })).body;
  const trail: string[] = [];
  for (const roll of rolls) {
    try {
      trail.push(await take(world, roll));
      const expected = model.figures();
      const fieldErrors = fieldErrorsOf(
        await chainOf('/v1/reconciliation', { agencyCode: '360203' }),
        expected,
      );
      if (fieldErrors.length > 0) throw new Error(fieldErrors.join('\n'));
    } catch (cause) {
      throw new Error(`after ${trail.join(', ')}`, { cause });
    }
  }
  const { requested: _, ...ofQuarter } = model.figures();
  const query = { agencyCode: '360203', quarter: '2025Q2' };
  const fieldErrors = fieldErrorsOf(await chainOf('/v1/reconciliation', query), ofQuarter);
  if (fieldErrors.length > 0) throw new Error(`${query.quarter}: ${fieldErrors.join('\n')}`);
  for (const run of model.runs) {
    const { receivedFen: received, returnedFen: returnedToFinance } = run;
    const sums = { received, returnedToFinance, unspent: model.unspentOf(run) };
    const fieldErrors = fieldErrorsOf(await chainOf(`/v1/disbursements/${run.id}/reconciliation`), sums);
    if (fieldErrors.length > 0) throw new Error(`${run.number}: ${fieldErrors.join('\n')}`);
  }
}

t.test('after random payment steps each figure equals the model’s and each equation holds', async (t) => {
  t.comment(`seed ${seed}`);
  const rolls = fc.array(fc.noBias(fc.maxSafeNat()), { minLength: stepsPerWalk, maxLength: stepsPerWalk });
  await fc.assert(
    fc.asyncProperty(rolls, async (rolls) => {
      let fieldError: unknown = null;
      await t.test(`a random walk of ${stepsPerWalk} payment steps`, async (t) => {
        const world = new World(await setup(t));
        fieldError = await walk(world, rolls).then(
          () => null,
          (error: unknown) => error,
        );
        t.strictSame(await brokenInvariants(world.city.db.pool), []);
      });
      if (fieldError !== null) throw fieldError;
    }),
    { seed, numRuns: walks, endOnFailure: true },
  );
  t.comment([...taken].map(([name, count]) => `${name} ${count}`).join(', '));
  for (const name of stepsTowardsTheAccount) t.ok((taken.get(name) ?? 0) > 0, `${name} was walked`);
});
