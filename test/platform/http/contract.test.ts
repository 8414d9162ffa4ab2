// The contract validator rejects invalid answers; other tests rely on it.

import t from 'tap';
import { setup } from '../../helper.ts';
import type { Application } from '../../steps.ts';
import { contractJudge, type RawAnswer } from './contract.ts';

t.test('the contract validator rejects invalid answers and accepts valid ones', async (t) => {
  const { app, drafted, resident } = await setup(t);
  const judge = contractJudge(app);
  const body: Application = await drafted(await resident());
  const url = `/v1/applications/${body.id}`;
  const good: RawAnswer = { status: 200, contentType: 'application/json; charset=utf-8', body };
  t.equal(judge('GET', url, good), null);
  t.equal(judge('GET', `${url}?x=1`, good), null);
  const problem = (code: string, status: number) => ({
    type: `urn:problem:${code}`,
    code,
    status,
    title: '未找到',
    detail: '请核对编号。',
    errors: [],
    requestId: 'r-1',
  });
  const refused = { status: 404, contentType: 'application/problem+json', body: problem('not-found', 404) };
  t.equal(judge('GET', url, refused), null);
  const misfits: [what: string, url: string, answer: RawAnswer][] = [
    ['a field too many', url, { ...good, body: { ...body, identityNumber: '360299197205110010' } }],
    ['a field too few', url, { ...good, body: { ...body, caseNumber: undefined } }],
    [
      'a field too many inside',
      url,
      { ...good, body: { ...body, applicant: { ...body.applicant, email: 'x' } } },
    ],
    ['an unknown value', url, { ...good, body: { ...body, state: 'lost' } }],
    [
      'a fraction of a fen',
      url,
      { ...good, body: { ...body, months: [{ month: '2025-04', state: 'live', amountFen: 0.5 }] } },
    ],
    ['a status that is not declared', url, { ...good, status: 202 }],
    [
      'a problem status that is not declared',
      url,
      { status: 409, contentType: 'application/problem+json', body: problem('state-conflict', 409) },
    ],
    [
      'a problem code that is not declared',
      url,
      { status: 429, contentType: 'application/problem+json', body: problem('too-many-people', 429) },
    ],
    ['another media type', url, { ...good, contentType: 'text/html' }],
    [
      'a problem that is none',
      url,
      { status: 404, contentType: 'application/json', body: { message: 'not found' } },
    ],
    [
      'a problem of no known code',
      url,
      { status: 404, contentType: 'application/problem+json', body: { code: 'lost' } },
    ],
    ['an address that is not in the contract', '/v1/backdoor', good],
  ];
  for (const [what, address, answer] of misfits) t.type(judge('GET', address, answer), 'string', what);
});
