// The contract's section `webhooks` describes what is sent.

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { parse } from 'yaml';
import { eventTypes } from '../../../src/notifications/events/types.ts';
import {
  deliveryStates,
  disabledReasons,
  failureCauses,
} from '../../../src/notifications/webhooks/states.ts';
import { permissions } from '../../../src/platform/access/permissions.ts';
import { setup } from '../../helper.ts';
import { hookTo, sendAll, startReceiver } from './receiver.ts';

interface Contract {
  readonly webhooks: Readonly<
    Record<string, { post: { summary: string; parameters: readonly { readonly $ref: string }[] } }>
  >;
  readonly components: { readonly parameters: Readonly<Record<string, { name: string; schema: object }>> };
}

const contract: Contract = parse(readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
addFormats.default(ajv);
ajv.addFormat('impersonal', true);
ajv.addSchema(contract, 'contract');

t.test('each type of event has its entry', (t) => {
  t.strictSame(
    Object.entries(contract.webhooks).map(([type, { post }]) => [type, post.summary]),
    Object.entries(eventTypes),
  );
  t.end();
});

t.test(
  'what is sent to a platform and to the province has the headers and the body of its entry',
  async (t) => {
    const city = await setup(t);
    const receiver = await startReceiver(t);
    await hookTo(city, receiver.url);
    await hookTo(city, receiver.url, { by: 'provincial-system' });
    await city.approved();
    await city.settled(await city.inPayment());
    await sendAll(city);
    t.equal(receiver.messages.length, 8);
    for (const { event, headers } of receiver.messages) {
      const pointer = `contract#/webhooks/${event.type}/post/requestBody/content/application~1json/schema`;
      const fits = ajv.compile({ $ref: pointer });
      t.ok(fits(event), event.type, { errors: fits.errors });
      t.notOk(fits({ ...event, type: 'bar-lifted' }), 'each entry is of one type');
      for (const { $ref } of contract.webhooks[event.type]?.post.parameters ?? []) {
        const { name, schema } =
          contract.components.parameters[$ref.replace('#/components/parameters/', '')] ?? {};
        t.ok(ajv.compile(schema ?? false)(headers[name ?? '']), String(name));
      }
    }
  },
);

t.test('states, reasons and causes are the same in the contract and in the tables', async (t) => {
  const { db } = await setup(t);
  const checked = async (constraint: string) => {
    const { rows } = await db.pool.query(
      'select pg_get_constraintdef(oid) as check from pg_constraint where conname = $1',
      [constraint],
    );
    return [...String(rows[0].check).matchAll(/'([a-z-]+)'/g)].map(([, word]) => word);
  };
  t.strictSame(await checked('webhook_delivery_state_check'), Object.keys(deliveryStates));
  t.strictSame(await checked('webhook_delivery_last_cause_check'), Object.keys(failureCauses));
  t.strictSame(await checked('webhook_disabled_because_check'), Object.keys(disabledReasons));
  t.strictSame(await checked('webhook_role_check'), Object.keys(permissions.createWebhook.roles));
});
