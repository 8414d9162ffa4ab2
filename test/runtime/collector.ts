// A collector of OpenTelemetry: receives OTLP over HTTP as protobuf and reads the spans. Holds no test.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Test } from 'tap';

export interface Received {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** 2: an error. */
  readonly status: number;
}

export interface Collector {
  readonly endpoint: string;
  readonly spans: readonly Received[];
  /** Attributes of the process. */
  readonly resource: Readonly<Record<string, string | number>>;
  /** Everything that was sent, as text. */
  text(): string;
}

export async function startCollector(test: Test): Promise<Collector> {
  const spans: Received[] = [];
  const resource: Record<string, string | number> = {};
  const bodies: Buffer[] = [];
  const server = createServer(async (request, response) => {
    const sent = Buffer.concat(await request.toArray());
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    bodies.push(body);
    for (const ofProcess of partsOf(body).get(1) ?? []) {
      const parts = partsOf(bytes(ofProcess));
      for (const one of parts.get(1) ?? []) Object.assign(resource, attributesOf(partsOf(bytes(one)).get(1)));
      const scopes = (parts.get(2) ?? []).map((scope) => partsOf(bytes(scope)));
      spans.push(...scopes.flatMap((scope) => (scope.get(2) ?? []).map((span) => spanOf(bytes(span)))));
    }
    response
      .writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/x-protobuf' })
      .end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    resource,
    text: () => Buffer.concat(bodies).toString(),
  };
}

function spanOf(span: Buffer): Received {
  const parts = partsOf(span);
  const hex = (field: number) => bytes(parts.get(field)?.[0] ?? Buffer.of()).toString('hex');
  const status = partsOf(bytes(parts.get(15)?.[0] ?? Buffer.of()));
  return {
    traceId: hex(1),
    spanId: hex(2),
    parentSpanId: hex(4),
    name: String(parts.get(5)?.[0]),
    kind: Number(parts.get(6)?.[0]),
    attributes: attributesOf(parts.get(9)),
    status: Number(status.get(3)?.[0] ?? 0),
  };
}

function attributesOf(pairs: readonly Value[] = []): Record<string, string | number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const parts = partsOf(bytes(pair));
      const [value] = [...partsOf(bytes(parts.get(2)?.[0] ?? Buffer.of())).values()].flat();
      return [String(parts.get(1)?.[0]), typeof value === 'number' ? value : String(value)];
    }),
  );
}

type Value = number | Buffer;

function bytes(value: Value): Buffer {
  if (typeof value === 'number') throw new Error('a number where a message should be');
  return value;
}

/** The fields of a protobuf message by their numbers. */
function partsOf(message: Buffer): Map<number, Value[]> {
  const parts = new Map<number, Value[]>();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const type = key & 7;
    const value = type === 0 ? varint() : take(type === 1 ? 8 : type === 5 ? 4 : varint());
    parts.set(key >> 3, [...(parts.get(key >> 3) ?? []), value]);
  }
  return parts;
}
