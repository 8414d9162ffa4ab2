// The same rule decides, by the policy's values, which months may be claimed in checks, drafts and submissions.

import t from 'tap';
import { policyOn } from '../../../src/rules/policy/policy.ts';
import { type Problem, setup } from '../../helper.ts';
import { questionAbout } from '../../steps.ts';

const platform = 'platform-ganfutong';
const today = '2025-07-05';

for (const [name, value, index, code] of [
  ['claimDeadlineMonths', 2, 0, 'month-past-deadline'],
  ['claimableAfterMonths', 2, 2, 'month-not-ended'],
] as const) {
  t.test(
    `the policy parameter ${name} applies to eligibility checks, drafts, changes of drafts and submissions`,
    async (t) => {
      const city = await setup(t);
      const person = await city.resident();
      const draft = await city.drafted(person);
      // As if the policy that this process has read had another value.
      const { parameters } = policyOn(today, await city.services.policiesOn(today));
      const { values } = parameters[name];
      Object.assign(parameters[name], { values: values.map((dated) => ({ ...dated, value })) });
      const told = async (
        url: string,
        options: { body?: object; ifMatch?: number; key?: null },
        method: 'POST' | 'PATCH' = 'POST',
      ) => {
        const { status, body } = await city.call<Problem>(platform, method, url, options);
        const [first, ...rest] = body.errors;
        return [status, body.code, first?.pointer, first?.code, rest];
      };
      const { months, quarter, ...rest } = city.applicationOf(await city.resident());
      const invalid = [400, 'invalid-fields', `/body/months/${index}`, code, []];
      const question = { ...questionAbout(person), quarter, months };
      t.strictSame(await told('/v1/eligibility-checks', { body: question, key: null }), invalid);
      t.strictSame(await told('/v1/applications', { body: { ...rest, quarter, months } }), invalid);
      const url = `/v1/applications/${draft.id}`;
      t.strictSame(await told(url, { body: { months }, ifMatch: draft.version }, 'PATCH'), invalid);
      t.strictSame(await told(`${url}/submission`, { ifMatch: draft.version }), [
        409,
        'state-conflict',
        `/months/${index}`,
        code,
        [],
      ]);
      const kept = months.filter((_, at) => at !== index);
      const changed = { body: { months: kept }, ifMatch: draft.version, status: 200 };
      const { body } = await city.call<{ version: number }>(platform, 'PATCH', url, changed);
      const again = { ifMatch: body.version, status: 200 };
      await city.call(platform, 'POST', `${url}/submission`, again);
    },
  );
}
