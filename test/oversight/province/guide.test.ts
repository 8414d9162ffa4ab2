// The order of calls that docs/integration.md gives the provincial system, played by a client that knows only the
// contract, while the city goes on with its work.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { contractFile } from '../../../scripts/openapi.ts';
import { setup } from '../../helper.ts';
import { cleanRecords, contribution, fullCoverage } from '../../registers/residents.ts';
import { contractClient } from './contract-client.ts';

interface Change {
  readonly id: string;
  readonly state: string;
  readonly person: {
    readonly identityNumber: string;
    readonly sourceKeys: readonly { readonly sourceKey: string }[];
  };
  readonly months: readonly {
    readonly month: string;
    readonly recovery: { readonly state: string } | null;
  }[];
}

const lists = ['listDecisions', 'listPaymentOutcomes'] as const;

t.test(
  'the province keeps a copy of every decision and payment by the order of calls in the guide',
  async (t) => {
    const city = await setup(t);
    const call = contractClient(contractFile, city.origin, async () => {
      return `Bearer ${await city.token('provincial-system')}`;
    });
    const months = ['2025-04', '2025-05', '2025-06'];
    const person = city.nextResident();
    await call('deliverRecords', {
      body: {
        source: 'jx-human-resources',
        rows: cleanRecords(person, months),
        coverage: fullCoverage('2025-06', city.clock.now().toString()),
      },
    });

    const cursors = new Map<string, string>();
    const copies = {
      listDecisions: new Map<string, Change>(),
      listPaymentOutcomes: new Map<string, Change>(),
    };
    /** Reads on from the cursor until nothing is left, and keeps the last of each id. */
    async function catchUp(): Promise<void> {
      for (const list of lists) {
        for (;;) {
          const after = cursors.get(list);
          const page = await call<{ items: Change[]; next: string }>(list, {
            query: { limit: '1', ...(after === undefined ? {} : { after }) },
          });
          for (const item of page.items) copies[list].set(item.id, item);
          cursors.set(list, page.next);
          if (page.items.length === 0) break;
        }
      }
    }
    const copied = () =>
      lists.map((list) =>
        [...copies[list].values()].map(({ state, months }) => [state, months[0]?.recovery?.state ?? null]),
      );

    await catchUp();
    t.strictSame(copied(), [[], []], 'nothing is decided');
    await city.approved(person);
    await catchUp();
    t.strictSame(copied(), [[['in-force', null]], []]);
    await city.settled(await city.inPayment());
    await catchUp();
    t.strictSame(copied(), [[['in-force', null]], [['paid', null]]]);
    await call('deliverRecords', {
      body: {
        source: 'jx-human-resources',
        rows: [contribution(person, '2025-04', { version: 2, refunded: true })],
      },
    });
    await city.work();
    await catchUp();
    t.strictSame(copied(), [[['in-force', 'suspected']], [['paid', 'suspected']]]);
    const [decision] = copies.listDecisions.values();
    t.equal(decision?.person.identityNumber, person.identityNumber);

    const heard = await call<{ items: { sourceKeys: object[] }[] }>('listEvents', {
      query: { limit: '200' },
    });
    t.strictSame(heard.items.at(-1)?.sourceKeys, decision?.person.sourceKeys, 'an event names the same keys');
  },
);

t.test('the guide tells the operations and states of the lists, in both languages', (t) => {
  for (const name of ['integration.md', 'integration.en.md']) {
    const guide = readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8');
    const words = [
      ...lists,
      'decisions:export',
      'awaiting-quality-review',
      'in-force',
      'undone',
      'sourceKeys',
    ];
    t.strictSame(
      [...words, 'replacesDecisionId', 'SUBSIDY_PROVINCE_WITHHOLDS'].filter((word) => !guide.includes(word)),
      [],
      name,
    );
  }
  t.end();
});
