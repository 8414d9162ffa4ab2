// Takes a delivery of up to a million rows, one per line, in batches of one transaction each: memory use stays
// constant, locks are short, and rows already taken are kept if the body breaks off. Sent again under the same
// Idempotency-Key it resumes where it stopped.

import { isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { clientOf } from '../../platform/access/actor.ts';
import type { StreamContext, WriteContext } from '../../platform/context.ts';
import { hasRepeatedName } from '../../platform/http/json.ts';
import { fieldErrorsOfForm } from '../../platform/http/problems/form-errors.ts';
import { validatorOf } from '../../platform/http/problems/validation.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { stateCoverage } from '../records/coverage.ts';
import { type Reader, type ReadRow, type RefusedRow, readRow } from '../records/reading.ts';
import { takeBatch } from './intake.ts';
import { LineTooLong, linesOf } from './lines.ts';
import { getRecordDelivery, readerOf, validateEnvelope } from './operations.ts';
import { maximumStreamedRows, RecordStreamHeader } from './schemas.ts';
import { insertDelivery, lockStream, setDeliveryComplete } from './store.ts';

/** Rows per transaction: enough to amortise its cost, few enough to keep locks short. */
const rowsInBatch = 5_000;

const validateHeader = validatorOf(RecordStreamHeader);

type Stream = NonNullable<Awaited<ReturnType<typeof lockStream>>>;

interface Batch {
  /** Rows of the body before this batch. */
  readonly before: number;
  readonly read: ReadRow[];
  readonly unreadable: RefusedRow[];
  received: number;
}

/**
 * Takes a body of lines: the first is the header with the fields of a delivery other than its rows, every other is a
 * row. Coverage counts only after the whole body was taken.
 *
 * @throws Problem invalid-fields (the header), idempotency-key-reused (another body than before under this key),
 *   idempotency-key-in-flight (two concurrent requests), payload-too-large and invalid-json (complete rows are kept)
 */
export async function deliverRecordStream(streaming: StreamContext, body: AsyncIterable<Buffer>) {
  const lines = linesOf(body);
  const first = (await lines.next()).value ?? Buffer.alloc(0);
  const header = readHeader(first);
  const digest = addLine(createHash('sha256'), first);
  const { stream, reader } = await streaming.write((context) =>
    begin(context, streaming, header, digestOf(digest)),
  );
  refuseOther(stream, 0, digest);

  let received = 0;
  let batch = emptyBatch(0);
  // One batch is stored while the next is read, so that PostgreSQL and this process work in parallel.
  let storing = Promise.resolve();
  async function store(): Promise<void> {
    const taken = batch;
    const rowsDigest = digestOf(digest);
    batch = emptyBatch(received);
    await storing;
    storing = streaming.write((context) => take(context, stream, taken, rowsDigest));
    // Avoids an unhandled rejection; rethrown at `await`, before the next batch or at the end.
    storing.catch(() => {});
  }

  try {
    for await (const line of lines) {
      if (received === maximumStreamedRows) throw new Problem('payload-too-large', { detail: tooManyRows });
      addLine(digest, line);
      received += 1;
      if (received <= stream.rowsReceived) {
        refuseOther(stream, received, digest);
        batch = emptyBatch(received);
        continue;
      }
      readLine(line, received, reader, batch);
      if (batch.received === rowsInBatch) await store();
    }
  } catch (error) {
    if (batch.received > 0) await store();
    await storing;
    throw brokenOff(error, received);
  }
  const isOther = received < stream.rowsReceived || (isComplete(stream) && received > stream.rowsReceived);
  if (isOther) throw new Problem('idempotency-key-reused');
  if (batch.received > 0) await store();
  await storing;
  const isReplay = isComplete(stream);
  const answer = isReplay
    ? await streaming.read((context) => getRecordDelivery(context, stream.deliveryId))
    : await streaming.write((context) => finish(context, stream, header, received));
  return { answer, isReplay };
}

/** Begins a delivery under this key, or returns the progress of the one begun earlier. */
async function begin(
  context: WriteContext,
  streaming: StreamContext,
  header: RecordStreamHeader,
  rowsDigest: Buffer,
) {
  const reader = readerOf(context, header.mapping);
  const clientId = clientOf(context.actor);
  const { source } = header;
  let stream: Stream | undefined = await lockStream(context.tx, clientId, streaming.key);
  if (stream === undefined) {
    validateEnvelope(context, header, reader);
    await streaming.claimKey(context);
    const receivedAt = context.at.toString();
    const begun = { deliveryId: context.newId(), clientId, source, receivedAt, state: 'open' } as const;
    stream = await insertDelivery(context.tx, {
      ...begun,
      streamKey: streaming.key,
      rowsDigest,
      fileDigest: null,
    });
  }
  const change = { source, state: stream.state, received: stream.rowsReceived };
  await context.audit({ target: ['record-delivery', stream.deliveryId], change });
  return { stream, reader };
}

async function take(
  context: WriteContext,
  { deliveryId, source }: Stream,
  batch: Batch,
  rowsDigest: Buffer,
): Promise<void> {
  // Together: what the batch does is undone if its place in the body is taken.
  const [{ row, totals, refused }] = await Promise.all([
    takeBatch(context, { source, deliveryId }, batch, rowsDigest),
    holdAt(context, deliveryId, batch.before),
  ]);
  await context.audit({
    target: ['record-delivery', deliveryId],
    change: { received: row.rowsReceived, ...totals, refused: refused.length },
  });
}

async function finish(
  context: WriteContext,
  { deliveryId, source }: Stream,
  header: RecordStreamHeader,
  received: number,
) {
  await holdAt(context, deliveryId, received);
  await stateCoverage(context, { source, deliveryId }, header.coverage ?? []);
  await setDeliveryComplete(context.tx, deliveryId);
  await context.audit({ target: ['record-delivery', deliveryId], change: { state: 'complete', received } });
  return await getRecordDelivery(context, deliveryId);
}

/** Locks the delivery and checks that no other request has continued its body meanwhile. */
async function holdAt(context: WriteContext, deliveryId: string, received: number): Promise<void> {
  const stream = await lockStream(context.tx, clientOf(context.actor), { deliveryId });
  if (stream?.rowsReceived === received && !isComplete(stream)) return;
  throw new Problem('idempotency-key-in-flight', { headers: { 'retry-after': '1' } });
}

function readHeader(line: Buffer): RecordStreamHeader {
  const header = parse(line);
  if ('fieldError' in header) {
    const detail = `第一行须为 JSON 对象，写明来源，可写数据完整至的月份。${header.fieldError.detail}`;
    throw new Problem('invalid-json', { detail });
  }
  const fieldErrors = fieldErrorsOfForm('/body', validateHeader(header.value));
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  return header.value as RecordStreamHeader; // validated above
}

function readLine(line: Buffer, rowNumber: number, reader: Reader, batch: Batch): void {
  batch.received += 1;
  const parsed = parse(line, `/body/rows/${rowNumber - 1}`);
  const result =
    'fieldError' in parsed
      ? { rowNumber, sourceKey: null, fieldErrors: [parsed.fieldError] }
      : readRow(parsed.value, rowNumber, reader);
  if ('fieldErrors' in result) batch.unreadable.push(result);
  else batch.read.push(result);
}

function parse(line: Buffer, pointer = '/body'): { value: unknown } | { fieldError: FieldError } {
  if (!isUtf8(line)) {
    const detail = '不是 UTF-8 编码（可能是 GB18030），请转换为 UTF-8 后重新报送。';
    return { fieldError: { pointer, code: 'wrong-encoding', detail } };
  }
  try {
    const text = line.toString('utf8');
    const value: unknown = JSON.parse(text);
    if (!hasRepeatedName(text, value)) return { value };
    const detail = '同一对象内有重复的字段名，请只保留一个。';
    return { fieldError: { pointer, code: 'invalid-json', detail } };
  } catch {
    const detail = '不是完整、合法的 JSON，每行须为一个 JSON 对象。';
    return { fieldError: { pointer, code: 'invalid-json', detail } };
  }
}

/** The same key requires the same body: compares the digest of the rows taken before. */
function refuseOther({ rowsReceived, rowsDigest }: Stream, received: number, digest: Hash): void {
  if (received !== rowsReceived || rowsDigest === null) return;
  if (!rowsDigest.equals(digestOf(digest))) throw new Problem('idempotency-key-reused');
}

const tooManyRows =
  '一次最多 1,000,000 行：前 1,000,000 行已接收，其余各行请用新的 Idempotency-Key 另行报送。';

/** The problem for a body that broke off or has an invalid line. */
function brokenOff(error: unknown, received: number): unknown {
  const kept = `已接收前 ${received} 行；请用同一个 Idempotency-Key 重新发送全部内容，将从中断处继续。`;
  if (error instanceof LineTooLong) {
    const detail = `第 ${received + 1} 行超过 16 KiB，不是记录。${kept}`;
    return new Problem('payload-too-large', { detail });
  }
  const isOfConnection = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
  return isOfConnection ? new Problem('invalid-json', { detail: `请求体中断。${kept}` }) : error;
}

function isComplete({ state }: Stream): boolean {
  return state === 'complete';
}

function emptyBatch(before: number): Batch {
  return { before, read: [], unreadable: [], received: 0 };
}

function addLine(digest: Hash, line: Buffer): Hash {
  return digest.update(line).update('\n');
}

/** The digest of the lines so far, from a copy of the hash. */
function digestOf(digest: Hash): Buffer {
  return digest.copy().digest();
}
