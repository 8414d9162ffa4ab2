// Traces: what a collector is sent of a request and of a job, what it is never sent, and what happens without it.

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { testDatabase } from '../database.ts';
import { patient } from '../helper.ts';
import { startReceiver } from '../notifications/webhooks/receiver.ts';
import { callTo, comesTrue, dataFolder, type Service, serve, tokenOf } from '../program.ts';
import { cleanRecords, identityNumberOf } from '../registers/residents.ts';
import { standing } from '../replicas.ts';
import { createSteps, questionAbout, secondQuarter } from '../steps.ts';
import { type Received, startCollector } from './collector.ts';

t.setTimeout(120_000);

const kinds = { server: 2, client: 3 };
const canary = {
  identityNumber: identityNumberOf('F', '1979-03-17', 321),
  account: '6217998877665544332',
  phone: '13987654321',
  name: '金丝雀鸢',
};

async function traced(test: Test, endpoint: string, more: Record<string, string> = {}): Promise<Service> {
  return await serve(test, {
    DATABASE_URL: (await testDatabase(test)).serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataFolder(test),
    LOG_LEVEL: 'info',
    NODE_OPTIONS: `--import=${join(import.meta.dirname, '../../bench/standing-clock.ts')}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...more,
  });
}

/** Spans that wait are sent when it ends. */
async function ended({ process, exit }: Service): Promise<number | null> {
  process.kill('SIGTERM');
  return await exit;
}

const logOf = ({ lines }: Service) =>
  lines.filter((line) => line.startsWith('{')).map((line): Record<string, unknown> => JSON.parse(line));

t.test('a request is followed from its caller’s trace to each of its statements', async (t) => {
  const collector = await startCollector(t);
  const service = await traced(t, collector.endpoint, {
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
  });
  const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
  const answer = await callTo(service.url)('platform-ganfutong', 'POST', '/v1/eligibility-checks', {
    body: { ...questionAbout(canary), quarter: '2025Q2' },
    key: null,
    headers: {
      traceparent: `00-${caller.traceId}-${caller.spanId}-01`,
      tracestate: `vendor=${canary.phone}`,
    },
    status: 200,
  });
  t.equal(await ended(service), 0);

  const spans = collector.spans.filter(({ traceId }) => traceId === caller.traceId);
  const [request, ...more] = spans.filter(({ kind }) => kind === kinds.server);
  t.strictSame(more, []);
  t.strictSame(
    { ...request, spanId: undefined },
    {
      traceId: caller.traceId,
      spanId: undefined,
      parentSpanId: caller.spanId,
      name: 'checkEligibility',
      kind: kinds.server,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/eligibility-checks',
        'http.response.status_code': 200,
        'subsidy.request_id': answer.headers['request-id'],
      },
      status: 0,
    },
  );
  const asked = spans.filter(({ parentSpanId }) => parentSpanId === request?.spanId);
  t.equal(asked.length, spans.length - 1, 'everything else is below it');
  t.ok(
    asked.every(
      ({ kind, attributes }) => kind === kinds.client && attributes['db.system.name'] === 'postgresql',
    ),
  );
  const texts = asked.map(({ attributes }) => attributes['db.query.text']);
  t.ok(texts.includes(undefined), 'the wait for a connection');
  t.ok(
    texts.includes('start transaction isolation level repeatable read read only'),
    'without who it is for',
  );
  t.ok(texts.includes('commit'));
  t.ok(
    texts.some((text) => /^select .*\$1/s.test(String(text))),
    'a statement has its text, with places for its values',
  );
  t.strictSame(
    logOf(service)
      .filter(({ msg, operation }) => msg === 'request' && operation === 'checkEligibility')
      .map(({ reqId, traceId }) => ({ reqId, traceId })),
    [{ reqId: answer.headers['request-id'], traceId: caller.traceId }],
    'the line of the log has both',
  );
  t.equal(collector.resource['service.name'], 'subsidy');
  t.equal(collector.resource['deployment.environment'], 'test');
});

t.test(
  'a job has a trace of its own, and what the service does for itself each second has none',
  async (t) => {
    const collector = await startCollector(t);
    const service = await traced(t, collector.endpoint);
    await callTo(service.url)('administrator', 'GET', '/v1/background-work', { status: 200 });
    await delay(2_000);
    t.equal(await ended(service), 0);
    const roots = collector.spans.filter(({ parentSpanId }) => parentSpanId === '');
    // Each start stages the work of the night; figures are counted again when a minute begins.
    const jobs = roots.filter(({ attributes }) => 'subsidy.job' in attributes);
    const names = new Set(jobs.map(({ name }) => name));
    t.strictSame([...names].sort(), ['count-figures', 'delete-expired', 'expire-drafts', 'tell-claimable']);
    t.ok(
      jobs.every(({ traceId }) => collector.spans.some((span) => isBelow(span, traceId))),
      'with their statements',
    );
    t.strictSame(
      roots.filter((root) => !jobs.includes(root)).map(({ name }) => name),
      ['getBackgroundWork'],
    );
  },
);

t.test('an attempt at sending an event to a webhook has a trace of its own', async (t) => {
  const collector = await startCollector(t);
  const receiver = await startReceiver(t);
  const service = await traced(t, collector.endpoint);
  const call = patient(callTo(service.url));
  const body = { url: receiver.url, description: '测试', eventTypes: [] };
  await call('platform-ganfutong', 'POST', '/v1/webhooks', { body, key: null, status: 201 });
  const steps = createSteps(call, standing);
  await steps.applied(await steps.resident());
  t.ok(await comesTrue(async () => receiver.messages.length > 0));
  t.equal(await ended(service), 0);
  const sent = collector.spans.filter(({ name }) => name === 'send-event');
  t.strictSame(
    sent.map(({ parentSpanId, attributes }) => ({ parentSpanId, attributes })),
    receiver.messages.map(({ id }) => ({
      parentSpanId: '',
      attributes: { 'subsidy.job': id, 'subsidy.attempt': 1 },
    })),
  );
  t.ok(
    sent.every(({ traceId }) => collector.spans.some((span) => isBelow(span, traceId))),
    'with the statements that record its outcome',
  );
});

function isBelow({ traceId, parentSpanId, attributes }: Received, job: string): boolean {
  return traceId === job && parentSpanId !== '' && 'db.query.text' in attributes;
}

t.test('requests that wait for a place keep their own statements', async (t) => {
  const collector = await startCollector(t);
  const service = await traced(t, collector.endpoint, { SUBSIDY_POOL_SIZE: '1' });
  const token = await tokenOf(service.url, 'platform-ganfutong');
  const ask = async (traceId: string): Promise<number | undefined> => {
    const sending = request(`${service.url}/v1/eligibility-checks`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      },
    });
    sending.flushHeaders();
    await delay(100); // the place is given up until the body is there
    sending.end(JSON.stringify({ ...questionAbout(canary), quarter: '2025Q2' }));
    const [answer] = await once(sending, 'response');
    answer.resume();
    return answer.statusCode;
  };
  await ask('f'.repeat(32)); // the first reads what the others find in memory
  await ask('1'.repeat(32));
  const ids = Array.from({ length: 9 }, (_, index) =>
    String(index + 2)
      .padStart(2, '0')
      .repeat(16),
  );
  const answers = await Promise.all(ids.map(ask));
  t.equal(await ended(service), 0);
  const textsOf = (id: string) =>
    collector.spans
      .filter(({ traceId, kind }) => traceId === id && kind === kinds.client)
      .map(({ attributes }) => String(attributes['db.query.text']))
      // Asked by whoever comes first after a second.
      .filter((text) => !text.includes('from "reference_version"'))
      .sort();
  const [alone, ...served] = ['1'.repeat(32), ...ids.filter((_, at) => answers[at] === 200)].map(textsOf);
  t.ok(served.length > 4, `${served.length} of more than have a place at once`);
  for (const texts of served) t.strictSame(texts, alone);
});

t.test('nothing about a person leaves in a trace', async (t) => {
  const collector = await startCollector(t);
  const service = await traced(t, collector.endpoint);
  const call = callTo(service.url);
  const steps = createSteps(patient(call), standing);
  const somebody = { ...steps.nextResident(), ...canary };
  await steps.deliver(cleanRecords(somebody, secondQuarter), '2025-06');
  const application = await steps.applied(somebody);
  const { personId } = application;
  const body = { fields: ['identityNumber', 'account', 'phone', 'name'], purpose: 'verify-identity' };
  await call('handler-360203', 'POST', `/v1/people/${personId}/reveals`, { body, status: 200 });
  // Refused, in as many places as there are.
  const values = Object.values(canary);
  for (const value of values) {
    const escaped = encodeURIComponent(value);
    await call('handler-360203', 'GET', '/v1/applications', { query: { after: value, [escaped]: value } });
    await call('handler-360203', 'GET', `/v1/applications/${escaped}`);
    await call(null, 'GET', `/v1/nowhere/${escaped}`);
    await call('platform-ganfutong', 'POST', '/v1/applications', { body: { name: value }, key: escaped });
    await call('auditor', 'GET', '/v1/applications', {
      headers: { 'user-agent': escaped, tracestate: `a=${escaped}` },
    });
  }
  t.equal(await ended(service), 0);
  t.ok(collector.spans.length > 150, `${collector.spans.length} spans`);
  t.ok(collector.spans.some(({ name }) => name === 'revealPerson'));
  const sent = collector.text();
  const hidden = [...values, ...values.map(encodeURIComponent), personId, application.id];
  t.strictSame(
    hidden.filter((value) => sent.includes(value)),
    [],
  );
});

t.test(
  'a collector that never answers holds up neither requests nor the end, and is told once',
  async (t) => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.teardown(() => {
      silent.close();
      silent.closeAllConnections();
    });
    const { port } = silent.address() as AddressInfo;
    const service = await traced(t, `http://127.0.0.1:${port}`, { OTEL_EXPORTER_OTLP_TIMEOUT: '200' });
    const call = callTo(service.url);
    for (let round = 0; round < 30; round += 1)
      await Promise.all(
        Array.from({ length: 10 }, () => call('auditor', 'GET', '/v1/background-work', { status: 200 })),
      );
    await delay(2_000);
    const asked = performance.now();
    t.equal(await ended(service), 0);
    t.ok(performance.now() - asked < 5_000);
    const told = logOf(service).filter(
      ({ msg }) => msg === 'spans cannot be sent to the collector and are lost',
    );
    t.equal(told.length, 1);
  },
);
