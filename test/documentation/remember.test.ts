// The whole contract in the order shown, each example filled only with what the page remembers of answers and with what
// the sandbox prepares: as on the page, without a browser.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { sealAll } from '../../src/runtime/jobs/sealing.ts';
import { sandboxStoryPath } from '../../src/sandbox/story/story.ts';
import { materialForm } from '../applications/material-form.ts';
import { type City, setup } from '../helper.ts';
import {
  type Contract,
  type Operation,
  operationsShown,
  type Parameter,
  resolved,
} from './operations-shown.ts';

t.setTimeout(180_000);

/** The module of the page, as far as it is used here. */
interface Known {
  learn(path: string, method: string, answer: object): void;
  prepare(operation: string, made: object): void;
  valueFor(path: string, method: string, place: string, name: string): string | number | undefined;
  bodyFor(path: string, method: string, example: unknown): unknown;
}
const module: string = '../../src/documentation/page/remember.js';
const { createKnown } = (await import(module)) as { createKnown(): Known };

t.test(
  'every operation succeeds in the order shown, with nothing but what is remembered or prepared',
  async (t) => {
    const city = await setup(t, { SUBSIDY_SWAGGER_UI: 'on', SUBSIDY_QUALITY_REVIEW_REFUSALS: '100' });
    const contract = (await city.app.inject('/openapi.json')).json<Contract>();
    const { prepares } = (await city.app.inject(sandboxStoryPath)).json<{ prepares: Prepares[] }>();
    const known = createKnown();
    const failed: string[] = [];
    for (const operation of operationsShown(contract)) {
      const made = prepares.find((one) => one.operation === operation.operationId);
      if (made !== undefined) {
        const url = `${sandboxStoryPath}/${operation.operationId}`;
        const answer = await city.app.inject({ method: 'POST', url });
        t.equal(answer.statusCode, 200, `${operation.operationId} is prepared`);
        known.prepare(nameOf(operation), answer.json());
        await city.work();
      }
      const persona = made?.persona ?? operation.persona;
      let { status, said } = await press(city, contract, known, operation, persona);
      // The machine is busy with other tests: pressed again, as a person would.
      for (let attempt = 1; status === 503 && attempt < 20; attempt += 1) {
        await delay(attempt * 100);
        ({ status, said } = await press(city, contract, known, operation, persona));
      }
      // The service's background work.
      await city.work();
      await sealAll(city.db, 'sha256');
      if (status >= 300) failed.push(`${operation.operationId}: ${status} ${said}`);
    }
    t.strictSame(failed, []);
  },
);

interface Prepares {
  readonly operation: string;
  readonly persona: string;
}

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;

/** Sends the request that the form would send, and remembers the answer. */
async function press(
  city: City,
  contract: Contract,
  known: Known,
  operation: Operation,
  persona: string | null,
): Promise<{ status: number; said: string }> {
  const { method, path, parameters, content } = operation;
  function inForm({ in: place, name, required, example }: Parameter): string | undefined {
    const value = known.valueFor(path, method, place, name) ?? (required === true ? example : undefined);
    return value === undefined ? undefined : String(value);
  }
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return encodeURIComponent(parameter === undefined ? '' : (inForm(parameter) ?? ''));
  });
  const sent = (place: string) =>
    Object.fromEntries(
      parameters.flatMap((one) => {
        const value = one.in === place ? inForm(one) : undefined;
        return value === undefined ? [] : [[one.name, value]];
      }),
    );
  const body = bodyOf(contract, known, operation, content);
  const token = persona === null ? {} : { authorization: `Bearer ${await city.token(persona)}` };
  const answer = await city.app.inject({
    method: method.toUpperCase() as 'GET' | 'POST' | 'PATCH',
    url,
    query: sent('query'),
    headers: { ...token, ...sent('header'), ...body.headers },
    ...(body.payload === undefined ? {} : { payload: body.payload }),
  });
  const isJson = String(answer.headers['content-type'] ?? '').includes('json');
  const obj = isJson ? answer.json<unknown>() : undefined;
  const status = answer.statusCode;
  known.learn(path, method, { status, url: `http://city${url}`, headers: answer.headers, obj });
  return { status, said: status < 300 ? '' : answer.body.slice(0, 400) };
}

function bodyOf(
  contract: Contract,
  known: Known,
  { method, path }: Operation,
  content: Operation['content'],
): { headers: Readonly<Record<string, string>>; payload?: string | Buffer } {
  const [[mediaType, media] = []] = Object.entries(content);
  if (mediaType === undefined || media === undefined) return { headers: {} };
  if (mediaType === 'multipart/form-data') {
    const schema = resolved<{ properties: Record<string, { examples?: string[] }> }>(contract, media.schema);
    const { body, headers } = materialForm(schema.properties['kind']?.examples?.[0] ?? '');
    return { headers, payload: body };
  }
  const [named] = Object.values(media.examples ?? {});
  const body = known.bodyFor(path, method, named?.value ?? media.example);
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  return { headers: { 'content-type': mediaType }, payload };
}
