// What clients/typescript sends again, and what it does not: against a service that answers as each test says.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { TokenError } from '../../clients/typescript/src/credentials.ts';
import { createFetch, isRepeatable } from '../../clients/typescript/src/fetch.ts';
import { contractFile } from '../../scripts/openapi.ts';

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly text: string;
}

/** An answer; null for a connection that ends without one. */
type Scripted = Response | null;

interface Operation {
  readonly operationId: string;
  readonly 'x-problem-codes'?: readonly string[];
}

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const takesKey = ({ 'x-problem-codes': codes = [] }: Operation) => codes.includes('idempotency-key-missing');

const problem = (status: number, code: string, retryAfter?: string) =>
  new Response(JSON.stringify({ status, code }), {
    status,
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  });
const done = () => new Response('{}', { status: 201 });

/** Gives the answers in turn; notes what was sent and how long the client waited, in milliseconds. */
function scripted(...answers: Scripted[]) {
  const sent: Sent[] = [];
  const waits: number[] = [];
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { method, url, headers } = request;
    sent.push({ method, url, headers, text: await request.text() });
    const answer = answers.shift();
    if (answer === undefined) throw new Error('the script has ended');
    if (answer === null) throw new TypeError('fetch failed');
    return answer;
  };
  const wait = async (ms: number) => void waits.push(ms);
  return { sent, waits, options: { fetch: send, wait, random: () => 0 } };
}

const address = 'https://subsidy.example/v1/applications';
const token = { token: 'a-token' };
const json = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"quarter":"2025Q2"}',
};

t.test('a call keeps its Idempotency-Key and its body over all attempts, and waits as told', async (t) => {
  const inFlight = problem(409, 'idempotency-key-in-flight', '1');
  const { sent, waits, options } = scripted(problem(503, 'unavailable', '7'), inFlight, null, done());
  const answer = await createFetch({ credentials: token, ...options })(address, json);
  t.equal(answer.status, 201);
  t.strictSame(waits, [7_000, 1_000, 4_000], 'without an answer, twice as long each time');
  const [key] = sent.map(({ headers }) => headers.get('idempotency-key'));
  t.match(key, /^[0-9a-f-]{36}$/);
  t.strictSame(
    sent.map(({ method, url, headers, text }) => [
      method,
      url,
      headers.get('idempotency-key'),
      headers.get('authorization'),
      headers.get('content-type'),
      text,
    ]),
    Array.from({ length: 4 }, () => ['POST', address, key, 'Bearer a-token', 'application/json', json.body]),
  );
});

t.test('two calls have two keys, and a key that the caller gives is kept', async (t) => {
  const { sent, options } = scripted(done(), done(), done(), done());
  const send = createFetch({ credentials: token, ...options });
  await send(address, json);
  await send(address, json);
  await send(address, { ...json, headers: { 'idempotency-key': 'mine-0001' } });
  await send(address);
  const [first, second, own, read] = sent.map(({ headers }) => headers.get('idempotency-key'));
  t.not(first, second);
  t.equal(own, 'mine-0001');
  t.equal(read, null, 'a GET has none');
});

t.test('each attempt is signed anew: another nonce, the same digest', async (t) => {
  const { sent, options } = scripted(problem(503, 'unavailable'), done());
  const secret = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
  await createFetch({ credentials: { app: 'sample', key: 1, secret }, ...options })(address, json);
  const parts = sent.map(({ headers }) =>
    /^SUBSIDY-HMAC-SM3 version=2, app=sample, key=1, timestamp=\d+, nonce=(\S+), digest=(\w{64}), signature=(\w{64})$/.exec(
      headers.get('authorization') ?? '',
    ),
  );
  const [first, second] = parts;
  t.equal(first?.[2], second?.[2]);
  t.not(first?.[1], second?.[1]);
  t.not(first?.[3], second?.[3]);
});

t.test('a form and a file are sent again byte by byte, under the same Content-Type', async (t) => {
  const form = new FormData();
  form.append('kind', 'identity-card');
  form.append('content', new Blob(['picture'], { type: 'image/png' }), 'card.png');
  const file = new Blob(['{"source":"a"}\n'], { type: 'application/x-ndjson' });
  for (const body of [form, file]) {
    const { sent, options } = scripted(problem(429, 'too-many-requests', '1'), done());
    await createFetch({ credentials: token, ...options })(address, { method: 'POST', body });
    const [first, second] = sent.map(({ headers, text }) => [headers.get('content-type'), text]);
    t.strictSame(first, second);
    t.match(first?.[0], /^multipart\/form-data; boundary=|^application\/x-ndjson$/);
    t.ok((first?.[1] ?? '').length > 10);
  }
});

t.test('what a retry does not mend is answered at once', async (t) => {
  for (const answer of [
    problem(409, 'month-already-claimed'),
    problem(400, 'invalid-fields'),
    problem(412, 'precondition-failed'),
    problem(500, 'internal'),
    problem(401, 'token-invalid'),
    problem(429, 'too-many-people', '40000'),
  ]) {
    const { sent, waits, options } = scripted(answer);
    const given = await createFetch({ credentials: token, ...options })(address, json);
    t.equal(given.status, answer.status);
    t.strictSame(Object.keys(Object(await given.json())), ['status', 'code'], 'the body can be read');
    t.strictSame([sent.length, waits], [1, []]);
  }
});

t.test('at most five attempts are made; the last answer is the caller’s', async (t) => {
  const busy = () => problem(503, 'unavailable', '1');
  const { sent, options } = scripted(busy(), busy(), busy(), busy(), busy(), done());
  t.equal((await createFetch({ credentials: token, ...options })(address, json)).status, 503);
  t.equal(sent.length, 5);
  const lost = scripted(null, null, done());
  const twice = createFetch({ credentials: token, retries: { mostAttempts: 2 }, ...lost.options });
  await t.rejects(twice(address, json), { message: 'fetch failed' });
  t.equal(lost.sent.length, 2);
});

t.test('a wait is up to a quarter longer than told, and ends when the caller gives up', async (t) => {
  const { waits, options } = scripted(problem(503, 'unavailable', '8'), done());
  await createFetch({ credentials: token, ...options, random: () => 1 })(address, json);
  t.strictSame(waits, [10_000]);
  const { options: slow } = scripted(problem(503, 'unavailable', '30'), done());
  const send = createFetch({ credentials: token, fetch: slow.fetch });
  await t.rejects(send(address, { ...json, signal: AbortSignal.timeout(50) }), /abort/i);
});

t.test('a Retry-After that is a date is understood', async (t) => {
  const { waits, options } = scripted(
    problem(503, 'unavailable', new Date(Date.now() + 20_000).toUTCString()),
    done(),
  );
  await createFetch({ credentials: token, ...options })(address, json);
  t.ok((waits[0] ?? 0) > 15_000 && (waits[0] ?? 0) <= 20_000, String(waits[0]));
});

const issuer = { tokenUrl: 'https://issuer.example/token', clientId: 'a client', clientSecret: 's:1' };
const granted = (token: string, seconds: number) =>
  new Response(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: seconds }));

t.test('one token serves all calls until a minute before its end', async (t) => {
  const { sent, options } = scripted(granted('first', 3600), done(), done(), done());
  const send = createFetch({ credentials: issuer, ...options });
  await send(address, json);
  await Promise.all([send(address, json), send(address, json)]);
  t.strictSame(
    sent.map(({ url, headers }) => [url, headers.get('authorization')]),
    [
      [issuer.tokenUrl, `Basic ${Buffer.from('a%20client:s%3A1').toString('base64')}`],
      ...Array.from({ length: 3 }, () => [address, 'Bearer first']),
    ],
  );
  t.equal(sent[0]?.text, 'grant_type=client_credentials');
  const short = scripted(granted('first', 60), done(), granted('second', 3600), done(), done());
  const again = createFetch({ credentials: issuer, ...short.options });
  await again(address, json);
  await Promise.all([again(address, json), again(address, json)]);
  t.equal(short.sent.filter(({ url }) => url === issuer.tokenUrl).length, 2);
  t.equal(short.sent.at(-1)?.headers.get('authorization'), 'Bearer second');
});

t.test('a token that is refused is replaced once; an issuer that gives none is an error', async (t) => {
  const { sent, options } = scripted(
    granted('old', 3600),
    problem(401, 'token-invalid'),
    granted('new', 3600),
    problem(401, 'token-invalid'),
  );
  t.equal((await createFetch({ credentials: issuer, ...options })(address, json)).status, 401);
  t.equal(sent.length, 4);
  const refused = scripted(new Response('{"error":"invalid_client"}', { status: 400 }));
  const send = createFetch({ credentials: issuer, ...refused.options });
  await t.rejects(send(address, json), new TokenError(`${issuer.tokenUrl}: 400 invalid_client`));
});

t.test('a call whose answer shows a secret is not sent again without an answer', async (t) => {
  const { sent, options } = scripted(null, done());
  const send = createFetch({ credentials: token, ...options });
  await t.rejects(send('https://subsidy.example/v1/api-clients', json), { message: 'fetch failed' });
  t.equal(sent.length, 1);
  // Of every operation that takes no key it is known whether it may be repeated: it changes nothing, or shows somebody's data twice.
  const harmless = [
    'checkEligibility',
    'checkRecordImport',
    'lookUpPerson',
    'followApplication',
    'findPeople',
    'revealPerson',
    'askAccessReport',
    'replayDecision',
    'verifyAudit',
  ];
  const contract: Contract = parse(readFileSync(contractFile, 'utf8'));
  const withoutKey = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method, operation]) => method === 'post' && !takesKey(operation))
      .map(([method, { operationId }]) => ({ path, method, operationId })),
  );
  t.ok(withoutKey.length > 5);
  for (const { path, method, operationId } of withoutKey) {
    t.equal(isRepeatable(method.toUpperCase(), path), harmless.includes(operationId), operationId);
  }
});
