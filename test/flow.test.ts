// One quarter's way through the house, over HTTP: from what the registers know to money in accounts, and one month back.

import t from 'tap';
import { setup } from './helper.ts';

t.test('a quarter goes from the records to paid months', async (t) => {
  const { approved, inPayment, settled, moneyChain } = await setup(t);
  const application = await approved();
  t.match(application, { state: 'approved' });
  const batch = await inPayment();
  const done = await settled(batch);
  t.match(done, { state: 'settled' });
  t.match(await moneyChain(), { balanced: true });
});
