// What holds for every operation of the contract.

import t from 'tap';
import { setup } from '../../helper.ts';
import { operationsOfContract } from './contract.ts';
import { passingRequests } from './requests.ts';

t.test('every operation of the contract has a request that succeeds', async (t) => {
  const city = await setup(t);
  const requests = await passingRequests(city);
  const operations = operationsOfContract().filter((operation) => operation.isProtected);
  t.strictSame(
    requests.map(({ operation }) => operation).sort(),
    operations.map(({ operationId }) => operationId).sort(),
  );
  for (const { operation, caller, method, url, options } of requests) {
    const { status, body } = await city.call(caller, method, url, options);
    t.match(status, /^20[014]$/, operation, { body });
  }
});
