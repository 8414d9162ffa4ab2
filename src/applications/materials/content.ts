// Reads a material from a multipart request; inspection.ts decides its type by its content. File names are not stored,
// because people put identity numbers into them.

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type FieldError, Problem } from '../../platform/problem.ts';
import {
  identityPapers,
  type MaterialKind,
  materialKinds,
  materialTitles,
} from '../../rules/required-materials.ts';
import type { MediaType } from './media-types.ts';

export const maximumMaterialBytes = 5 * 1024 * 1024;
/** The file and the multipart overhead. */
export const maximumFormBytes = maximumMaterialBytes + 64 * 1024;
/** An id or the name of a kind. */
const longestFieldBytes = 200;

export interface SuppliedMaterial {
  readonly kind: MaterialKind;
  readonly mediaType: MediaType;
  readonly content: Buffer;
  /** SHA-256 of the stored content. */
  readonly digest: Buffer;
  /** SHA-256 of the content as sent. */
  readonly sentDigest: Buffer;
  /** The material that it supersedes. */
  readonly supersedes: string | null;
}

/**
 * The fields of a multipart form: `kind` and `content` once each, and `supersedes` at most once.
 *
 * @throws Problem unsupported-media-type for a type other than JPEG, PNG and PDF, payload-too-large for more than 5
 *   MiB, material-unsafe for a file that holds more than its type, file-too-complex for an identity paper that could
 *   not be watermarked, and invalid-fields with all other errors at once
 * @param confirm called after the form has been read and before any error is reported
 */
export async function readMaterial(
  request: FastifyRequest,
  confirm: () => Promise<void>,
): Promise<SuppliedMaterial> {
  // The parser would not find the parts of a compressed body.
  const isPacked = (request.headers['content-encoding'] ?? 'identity') !== 'identity';
  if (!request.isMultipart() || isPacked) throw new Problem('unsupported-media-type');
  const fieldErrors: FieldError[] = [];
  const given = new Map<string, unknown>();
  const parts = await readParts(request);
  await confirm();
  for (const { name, value } of parts) {
    const isExpected = Buffer.isBuffer(value) ? name === 'content' : ['kind', 'supersedes'].includes(name);
    if (!isExpected || given.has(name)) {
      const detail = '只接受材料种类、材料文件和所替换的材料编号，各一次。';
      fieldErrors.push({ pointer: '/body', code: 'unknown-field', detail });
    } else given.set(name, value);
  }
  const kind = materialKinds.find((known) => known === given.get('kind'));
  if (kind === undefined) {
    const detail = `材料种类只能是：${Object.values(materialTitles).join('、')}。`;
    fieldErrors.push({ pointer: '/body/kind', code: 'unknown-value', detail });
  }
  const content = given.get('content');
  if (!Buffer.isBuffer(content) || content.length === 0) {
    fieldErrors.push({ pointer: '/body/content', code: 'required', detail: '请附上材料文件。' });
  }
  const supersedes = given.get('supersedes') ?? null;
  const isId = supersedes === null || (typeof supersedes === 'string' && uuid.test(supersedes));
  if (!isId) {
    const detail = '应为所替换材料的编号，不替换时请去掉此项。';
    fieldErrors.push({ pointer: '/body/supersedes', code: 'wrong-format', detail });
  }
  if (fieldErrors.length > 0 || kind === undefined || !Buffer.isBuffer(content) || !isId)
    throw new Problem('invalid-fields', { fieldErrors });
  const inspected = await request.server.workers.run('inspectMaterial', content);
  const kept = Buffer.from(inspected.content);
  if (identityPapers.includes(kind)) await request.server.workers.run('refuseUnstampable', kept);
  return {
    kind,
    mediaType: inspected.mediaType,
    content: kept,
    digest: sha256(kept),
    sentDigest: sha256(content),
    supersedes,
  };
}

function sha256(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a file name is a path, which no browser sends: an attempt to write to that path. */
function isPath(filename: string | undefined): boolean {
  return filename !== undefined && /[/\\\0]|^\.\.?$/.test(filename);
}

function pathInName(): Problem {
  const detail = '文件名不能含有路径（如“/”“\\”），请改名后重新上传。';
  return new Problem('material-unsafe', {
    fieldErrors: [{ pointer: '/body/content', code: 'path-in-name', detail }],
    headers: { connection: 'close' }, // the rest of the form is left unread
  });
}

/** The fields with their values or bytes. @throws Problem material-unsafe, invalid-fields */
async function collectParts(request: FastifyRequest): Promise<{ name: string; value: unknown }[]> {
  const limits = {
    files: 1,
    fields: 2,
    parts: 3,
    fileSize: maximumMaterialBytes,
    fieldSize: longestFieldBytes,
  };
  const parts: { name: string; value: unknown }[] = [];
  try {
    for await (const part of request.parts({ limits, preservePath: true })) {
      const isFile = part.type === 'file';
      if (isFile && isPath(part.filename)) throw pathInName();
      parts.push({ name: part.fieldname, value: isFile ? await part.toBuffer() : part.value });
    }
  } catch (error) {
    // The parser reports malformed forms as plain Errors; its deliberate errors have a code.
    if (!(error instanceof Error) || 'code' in error) throw error;
    const detail = '表单不完整或格式有误，请按 multipart/form-data 重新提交。';
    throw new Problem('invalid-fields', { fieldErrors: [{ pointer: '/body', code: 'broken-form', detail }] });
  }
  return parts;
}

/**
 * The parts of a form, limited in size while it arrives: the parser alone would wait for ever for the end of a part or
 * of the preamble. If the client goes on sending, the connection is closed.
 */
async function readParts(request: FastifyRequest): Promise<{ name: string; value: unknown }[]> {
  const tooLarge = () => new Problem('payload-too-large', { headers: { connection: 'close' } });
  if (Number(request.headers['content-length'] ?? 0) > maximumFormBytes) throw tooLarge();
  const overrun = Promise.withResolvers<never>();
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maximumFormBytes) overrun.reject(tooLarge());
  };
  request.raw.on('data', count);
  try {
    return await Promise.race([collectParts(request), overrun.promise]);
  } finally {
    request.raw.off('data', count);
  }
}
