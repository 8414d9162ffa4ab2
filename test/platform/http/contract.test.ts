// The contract validator rejects invalid answers; other tests rely on it.

import t from 'tap';
import { setup } from '../../helper.ts';
import type { Application } from '../../steps.ts';
import { contractJudge, type RawAnswer } from './contract.ts';

const json = { contentType: 'application/json; charset=utf-8', location: undefined };
const ofProblem = { contentType: 'application/problem+json', location: undefined };

t.test('the contract validator rejects invalid answers and accepts valid ones', async (t) => {
  const { drafted, resident } = await setup(t);
  const judge = contractJudge();
  const body: Application = await drafted(await resident());
  const url = `/v1/applications/${body.id}`;
  const good: RawAnswer = { status: 200, ...json, body };
  t.equal(judge('GET', url, good), null);
  t.equal(judge('GET', `${url}?x=1`, good), null);
  const problem = (code: string, status: number) => ({
    type: `/problems/${code}`,
    code,
    status,
    title: '未找到',
    detail: '请核对编号。',
    errors: [],
    requestId: 'r-1',
  });
  const refused = { status: 404, ...ofProblem, body: problem('not-found', 404) };
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
      { status: 409, ...ofProblem, body: problem('state-conflict', 409) },
    ],
    [
      'a problem code that is not declared',
      url,
      { status: 429, ...ofProblem, body: problem('too-many-people', 429) },
    ],
    ['another media type', url, { ...good, contentType: 'text/html' }],
    [
      'a problem that is none',
      url,
      { status: 404, ...json, contentType: 'application/json', body: { message: 'not found' } },
    ],
    ['a problem of no known code', url, { status: 404, ...ofProblem, body: { code: 'lost' } }],
    ['an address that is not in the contract', '/v1/backdoor', good],
  ];
  for (const [what, address, answer] of misfits) t.type(judge('GET', address, answer), 'string', what);

  const made = { ...good, status: 201, location: url };
  t.equal(judge('POST', '/v1/applications', made), null);
  t.type(judge('POST', '/v1/applications', { ...made, location: undefined }), 'string', 'no Location');
  t.type(judge('POST', '/v1/applications', { ...made, location: `${url}/submission` }), 'string');
  const moved = { ...good, location: url };
  t.type(judge('POST', `${url}/submission`, moved), 'string', 'a Location of what was not made');
});
