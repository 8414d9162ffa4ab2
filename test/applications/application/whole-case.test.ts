// A case is read in one flight, by a statement that is planned once.

import t from 'tap';
import { flightsOf } from '../../flights.ts';
import { setup } from '../../helper.ts';

const city = await setup(t);
const { id } = await city.accepted();
const personas = ['platform-ganfutong', 'handler-360203', 'auditor'];
const read = (persona: string) => city.call(persona, 'GET', `/v1/applications/${id}`, { status: 200 });

for (const persona of personas) {
  t.test(`${persona} reads a case by one statement, which travels with BEGIN`, async (t) => {
    await read(persona);
    const flights = await flightsOf(() => read(persona), /as payee_changes/);
    const [first = [], second = []] = flights;
    t.equal(first.length, 2);
    t.match(first[0], /^start transaction isolation level repeatable read read only/);
    t.equal(second[0], 'commit');
  });
}

t.test('PostgreSQL plans the statement once per connection, not for each reader', async (t) => {
  const plansTried = 5; // before PostgreSQL keeps one
  for (let count = 0; count < 20; count += 1) for (const persona of personas) await read(persona);
  const { rows } = await city.service.pool.query<{ custom: number }>(
    `select custom_plans::int as custom from pg_prepared_statements where statement like '%as payee_changes%'`,
  );
  t.ok(rows.length > 0, 'it is prepared');
  for (const { custom } of rows) t.ok(custom <= plansTried, `planned ${custom} times`);
});
