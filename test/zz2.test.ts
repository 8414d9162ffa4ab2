import t from 'tap';
import { setup } from './helper.ts';
t.test('x', async (t) => { const c = await setup(t); t.ok(c); });
