// What is promised about change: the rules that find a breaking change, and the contract against its last release.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { announcesBreaking, breakingChanges } from '../scripts/contract/breaking-changes.ts';
import type { Document } from '../scripts/contract/document.ts';
import { readDocument, releases, unannounced } from '../scripts/contract-changes.ts';
import { contractFile } from '../scripts/openapi.ts';

/** One operation with what a contract has, and a webhook. */
const contract = {
  info: { version: '1.2.0' },
  paths: {
    '/v1/cases/{id}': {
      post: {
        operationId: 'changeCase',
        'x-oauth-scope': 'cases:write',
        'x-roles': ['platform', 'street-officer'],
        security: [{ bearer: [] }, { signature: [] }],
        parameters: [
          { in: 'path', name: 'id', required: true, schema: { type: 'string', format: 'uuid' } },
          { in: 'query', name: 'limit', schema: { type: 'integer', minimum: 1, maximum: 500 } },
          { $ref: '#/components/parameters/Key' },
        ],
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/Change' } },
            'text/csv': { schema: { type: 'string' } },
          },
        },
        responses: {
          200: {
            headers: { ETag: {}, Location: {} },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Case' } } },
          },
          409: { $ref: '#/components/responses/Conflict' },
        },
      },
    },
    '/v1/cases': { get: { operationId: 'listCases', responses: { 200: {} } } },
  },
  webhooks: {
    caseEvent: {
      post: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Case' } } } },
      },
    },
  },
  components: {
    parameters: {
      Key: {
        in: 'header',
        name: 'Idempotency-Key',
        required: true,
        schema: { type: 'string', minLength: 8 },
      },
    },
    responses: {
      Conflict: {
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
    schemas: {
      Problem: { type: 'object', required: ['code'], properties: { code: { type: 'string' } } },
      Change: {
        type: 'object',
        additionalProperties: false,
        required: ['state'],
        properties: {
          state: { enum: ['open', 'closed'], type: 'string' },
          note: { type: 'string', maxLength: 100 },
          months: { type: 'array', items: { type: 'string', pattern: '^2' }, maxItems: 3 },
          amount: { type: 'number' },
          until: { anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] },
          work: {
            anyOf: [
              {
                type: 'object',
                required: ['kind', 'place'],
                properties: { kind: { const: 'stall' }, place: { type: 'string' } },
              },
              { type: 'object', required: ['kind'], properties: { kind: { const: 'platform' } } },
            ],
          },
        },
      },
      Case: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'state', 'parts'],
        properties: {
          id: { type: 'string', format: 'uuid' },
          state: { enum: ['open', 'closed'], type: 'string' },
          closedAt: { type: ['string', 'null'], format: 'date-time' },
          parts: { type: 'array', items: { $ref: '#/components/schemas/Case' } },
          work: {
            anyOf: [
              { type: 'object', required: ['kind'], properties: { kind: { const: 'stall' } } },
              { type: 'object', required: ['kind'], properties: { kind: { const: 'platform' } } },
            ],
          },
        },
      },
    },
  },
};

type Changed = typeof contract;

/** The contract after a change of its text, which must be there. */
function replaced(from: string, to: string, within = ''): Document {
  const text = JSON.stringify(contract);
  const at = text.indexOf(from, text.indexOf(within));
  if (!text.includes(within) || at < 0) throw new Error(`${within} ${from} is not in the contract`);
  return JSON.parse(text.slice(0, at) + to + text.slice(at + from.length));
}

/** The contract after a change of its parts. */
function changed(change: (copy: Changed) => void): Document {
  const copy = structuredClone(contract);
  change(copy);
  return copy as unknown as Document; // its own type is narrower
}

const before = changed(() => {});
const change = 'POST /v1/cases/{}';
const event = 'POST webhook caseEvent';

t.test('what a client sends may not be narrowed', (t) => {
  const asBody = '"Change":{';
  const cases: readonly [now: Document, said: string][] = [
    [
      replaced('"required":["state"]', '"required":["state","note"]'),
      'the body as application/json/note: is required',
    ],
    [
      changed(({ components: { schemas } }) => {
        Object.assign(schemas.Change.properties, { reason: { type: 'string' } });
        schemas.Change.required.push('reason');
      }),
      'the body as application/json/reason: new and required',
    ],
    [replaced('"note":{"type":"string","maxLength":100},', ''), 'the body as application/json/note: removed'],
    [
      replaced('"enum":["open","closed"]', '"enum":["open"]', asBody),
      'the body as application/json/state: does not take "closed"',
    ],
    [
      replaced('"maxLength":100', '"maxLength":50'),
      'the body as application/json/note: maxLength is 50, was 100',
    ],
    [replaced('"maxItems":3', '"maxItems":1'), 'the body as application/json/months: maxItems is 1, was 3'],
    [
      replaced('"pattern":"^2"', '"pattern":"^20"'),
      'the body as application/json/months[]: pattern is ^20, was ^2',
    ],
    [
      replaced('"type":"number"', '"type":"integer"'),
      'the body as application/json/amount: is integer, was number',
    ],
    [
      replaced('"note":{"type":"string"', '"note":{"type":"boolean"'),
      'the body as application/json/note: is boolean, was string',
    ],
    [replaced(',{"type":"null"}', ''), 'the body as application/json/until: null is not taken'],
    [
      replaced(
        ',{"type":"object","required":["kind"],"properties":{"kind":{"const":"platform"}}}',
        '',
        asBody,
      ),
      'the body as application/json/work: object with kind "platform" is not taken',
    ],
    [
      changed(({ components: { schemas } }) => {
        const [stall] = schemas.Change.properties.work.anyOf;
        Object.assign(stall?.properties ?? {}, { floor: { type: 'integer' } });
        stall?.required.push('floor');
      }),
      'the body as application/json/work/floor: new and required',
    ],
    [replaced(',"text/csv":{"schema":{"type":"string"}}', ''), 'the body: no longer as text/csv'],
    [replaced('"maximum":500', '"maximum":100'), 'query parameter limit: maximum is 100, was 500'],
    [replaced('"name":"limit"', '"name":"limit","required":true'), 'query parameter limit: is required'],
    [replaced('"minLength":8', '"minLength":16'), 'header parameter Idempotency-Key: minLength is 16, was 8'],
    [
      changed(({ paths }) => void paths['/v1/cases/{id}'].post.parameters.splice(1, 1)),
      'query parameter limit: removed',
    ],
    [
      replaced('{"in":"query"', '{"in":"query","name":"from","required":true,"schema":{}},{"in":"query"'),
      'query parameter from: new and required',
    ],
  ];
  for (const [now, said] of cases) t.strictSame(breakingChanges(before, now), [`${change}: ${said}`], said);
  t.end();
});

t.test('what a client reads may not lose anything or become another kind of value', (t) => {
  const asAnswer = '"Case":{';
  const both = (said: string) => [`${change}: the answer 200${said}`, `${event}: what is sent${said}`];
  const cases: readonly [now: Document, said: readonly string[]][] = [
    [
      changed(({ components: { schemas } }) => {
        const { closedAt: _, ...properties } = schemas.Case.properties;
        Object.assign(schemas.Case, { properties });
      }),
      both('/closedAt: removed'),
    ],
    [
      replaced('"required":["id","state","parts"]', '"required":["id","parts"]'),
      both('/state: may be absent'),
    ],
    [
      replaced('"type":["string","null"]', '"type":"integer"'),
      both('/closedAt: may be integer, which it was not'),
    ],
    [
      replaced('"type":"array"', '"type":["array","null"]', asAnswer),
      both('/parts: may be null, which it was not'),
    ],
    [
      replaced('"enum":["open","closed"],', '', asAnswer),
      both('/state: may have any value, not a listed one'),
    ],
    [replaced('"format":"uuid"', '"format":"uri"', asAnswer), both('/id: format is uri, was uuid')],
    [replaced(',"Location":{}', ''), [`${change}: 200 is without the header Location`]],
    [
      replaced('"code":{"type":"string"}', '"code":{"type":"integer"}'),
      [`${change}: the answer 409/code: is integer, was string`],
    ],
    [
      replaced('"200":{"headers"', '"201":{"headers"'),
      [`${change}: answers 201, which it did not`, `${change}: no longer answers 200`],
    ],
  ];
  for (const [now, said] of cases) t.strictSame(breakingChanges(before, now), said, said.join());
  t.end();
});

t.test('an operation may not go, be renamed, or be closed to those who call it', (t) => {
  const cases: readonly [now: Document, said: string][] = [
    [replaced('"/v1/cases":', '"/v1/all-cases":'), 'GET /v1/cases: removed'],
    [replaced('"caseEvent":', '"event":'), `${event}: removed`],
    [replaced('"get":', '"post":'), 'GET /v1/cases: removed'],
    [replaced('changeCase', 'editCase'), `${change}: is called editCase, was changeCase`],
    [replaced('cases:write', 'cases'), `${change}: wants the scope cases, not cases:write`],
    [replaced('"platform",', ''), `${change}: is refused to platform`],
    [replaced(',{"signature":[]}', ''), `${change}: cannot be called with signature`],
  ];
  for (const [now, said] of cases) t.strictSame(breakingChanges(before, now), [said], said);
  t.end();
});

t.test('what adds, or takes more, breaks nothing', (t) => {
  const asAnswer = '"Case":{';
  for (const now of [
    before,
    replaced('/v1/cases/{id}', '/v1/cases/{caseId}'),
    replaced('"/v1/cases":', '"/v1/more":{"get":{"operationId":"more"}},"/v1/cases":'),
    replaced('{"in":"query"', '{"in":"query","name":"from","schema":{}},{"in":"query"'),
    replaced('"note":{', '"reason":{"type":"string"},"note":{'),
    replaced('"required":["state"]', '"required":[]'),
    replaced('"enum":["open","closed"]', '"enum":["open","closed","archived"]', '"Change":{'),
    replaced('"enum":["open","closed"]', '"enum":["open","closed","archived"]', asAnswer),
    replaced('"enum":["open","closed"]', '"enum":["open"]', asAnswer),
    replaced('"maxLength":100', '"maxLength":200'),
    replaced('"note":{"type":"string"', '"note":{"type":["string","null"]'),
    replaced('"type":["string","null"]', '"type":"string"', asAnswer),
    replaced('"closedAt":{', '"openedAt":{"type":"string"},"closedAt":{'),
    replaced('{"const":"platform"}', '{"const":"shop"}', asAnswer),
    replaced('"409":', '"422":'),
    replaced('"platform","street-officer"', '"platform","street-officer","auditor"'),
    // The same, written elsewhere.
    changed(({ components }) => {
      Object.assign(components.schemas, { Id: components.schemas.Case.properties.id });
      Object.assign(components.schemas.Case.properties, { id: { $ref: '#/components/schemas/Id' } });
    }),
  ]) {
    t.strictSame(breakingChanges(before, now), []);
  }
  t.end();
});

t.test('another major version announces breaking changes; before 1.0.0 another minor one does', (t) => {
  t.strictSame(
    [
      ['1.2.0', '2.0.0'],
      ['0.1.0', '0.2.0'],
      ['0.9.3', '1.0.0'],
      ['1.2.0', '1.3.0'],
      ['1.2.0', '1.2.0'],
      ['0.1.0', '0.1.1'],
      ['2.1.0', '1.9.0'],
    ].map(([old = '', now = '']) => announcesBreaking(old, now)),
    [true, true, true, false, false, false, false],
  );
  const removed = replaced('"/v1/cases":', '"/v1/all-cases":');
  t.strictSame(unannounced(before, removed), ['GET /v1/cases: removed']);
  t.strictSame(unannounced(before, { ...removed, info: { version: '2.0.0' } }), []);
  t.end();
});

t.test('the last release is the one with the highest version', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'subsidy-contracts-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const name of ['0.2.0.yaml', '0.10.0.yaml', '0.9.1.yaml', 'README.md']) {
    writeFileSync(join(folder, name), 'info: {}\n');
  }
  const found = await releases(pathToFileURL(`${folder}/`));
  t.strictSame(
    found.map(({ pathname }) => pathname.slice(folder.length + 1)),
    ['0.10.0.yaml', '0.9.1.yaml', '0.2.0.yaml'],
  );
  t.strictSame(await releases(pathToFileURL(`${folder}/none/`)), []);
});

t.test('the contract breaks nothing that was released without a version that says so', async (t) => {
  const now = await readDocument(contractFile);
  const [last] = await releases();
  if (last === undefined) t.comment('nothing is released yet: contracts/ has no version to compare with');
  else t.strictSame(unannounced(await readDocument(last), now), []);
  t.strictSame(breakingChanges(now, now), []);
});

t.test(
  'each operation of the contract would be missed, and each field of an answer that platforms read',
  async (t) => {
    const now = await readDocument(contractFile);
    const paths = Object.entries(now.paths ?? {});
    for (const [path, methods] of paths.slice(0, 10)) {
      const { [path]: _, ...others } = now.paths ?? {};
      t.equal(breakingChanges(now, { ...now, paths: others }).length, Object.keys(methods).length, path);
    }
    const text = JSON.stringify(now.components?.['schemas']?.['Application']);
    const fields = Object.keys(JSON.parse(text).properties);
    t.ok(fields.length > 15);
    for (const field of fields.slice(0, 8)) {
      const schema = JSON.parse(text);
      delete schema.properties[field];
      const schemas = { ...now.components?.['schemas'], Application: schema };
      const changes = breakingChanges(now, { ...now, components: { ...now.components, schemas } });
      t.ok(changes.includes(`GET /v1/applications/{}: the answer 200/${field}: removed`), field);
    }
  },
);
