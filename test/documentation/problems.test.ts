// The page behind each problem's type.

import t from 'tap';
import { problems } from '../../src/platform/problem.ts';
import { setup } from '../helper.ts';
import { strictMatch } from '../strict-match.ts';

t.test('an unsuccessful answer names a page that says what it is and what to do', async (t) => {
  const { app } = await setup(t);
  const refused = await app.inject({ url: '/v1/applications' });
  const { type, title, detail } = refused.json();
  t.equal(type, '/problems/token-missing');
  const page = await app.inject({ url: type });
  strictMatch(t, page.headers, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
  t.ok(page.body.includes(title));
  t.ok(page.body.includes(detail));
  t.ok(page.body.includes('Send it again with a valid access token.'));
});

t.test('every problem has its page, with what to do about its status, and stands in the list', async (t) => {
  const { app } = await setup(t);
  const list = await app.inject({ url: '/problems' });
  const pages = new Map<string, string>();
  for (const [code, { title }] of Object.entries(problems)) {
    t.ok(list.body.includes(`<a href="/problems/${code}">${code}</a>`), code);
    const page = await app.inject({ url: `/problems/${code}` });
    t.equal(page.statusCode, 200, code);
    t.ok(page.body.includes(`<h1>${title} <small>${code}</small></h1>`), code);
    t.notMatch(page.body, /<dd><br>/, `${code} says what to do`);
    pages.set(code, page.body);
  }
  t.equal(new Set(pages.values()).size, Object.keys(problems).length);
  t.equal((await app.inject({ url: '/problems/no-such-problem' })).statusCode, 404);
});

t.test('a page about a problem loads nothing and runs nothing', async (t) => {
  const { app } = await setup(t);
  const { headers, body } = await app.inject({ url: '/problems/unavailable' });
  const policy = String(headers['content-security-policy']);
  t.match(policy, /^default-src 'none';style-src 'sha256-[\w+/]{43}=';/);
  t.notMatch(body, /<script|<img|<link/);
});
