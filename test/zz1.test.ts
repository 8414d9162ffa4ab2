import t from 'tap';
t.test('x', async (t) => { t.ok(true); });
