// Reads a material out of a multipart request and judges what it is by its content, whatever its name and its declared
// type say. The file's own name is not kept: people put identity numbers into file names.

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { fileTypeFromBuffer } from 'file-type';
import { type Fault, Refusal } from '../http/problem.ts';
import { isWhole } from './material-wholeness.ts';
import { type MaterialKind, materialKinds } from './materials.ts';

export const maximumMaterialBytes = 5 * 1024 * 1024;

export const mediaTypes = ['image/jpeg', 'image/png', 'application/pdf'] as const;
export type MediaType = (typeof mediaTypes)[number];

export interface SuppliedMaterial {
  readonly kind: MaterialKind;
  readonly mediaType: MediaType;
  readonly content: Buffer;
  /** SHA-256 of the content. */
  readonly digest: Buffer;
  /** The material whose place it takes. */
  readonly supersedes: string | null;
}

/**
 * The fields of a multipart form: `kind` and `content` once each, and `supersedes` at most once. Refuses another type than
 * JPEG, PNG and PDF with 415, more than 5 MiB with 413, a file that is more than it seems with 422, and anything else that
 * is wrong with every fault at once.
 */
export async function readMaterial(request: FastifyRequest): Promise<SuppliedMaterial> {
  if (!request.isMultipart()) throw new Refusal('unsupported-media-type');
  const faults: Fault[] = [];
  const given = new Map<string, unknown>();
  for (const { name, value } of await readParts(request)) {
    const isExpected = Buffer.isBuffer(value) ? name === 'content' : ['kind', 'supersedes'].includes(name);
    if (!isExpected || given.has(name)) {
      const detail = '只接受字段 kind（材料种类）、content（文件）和 supersedes（替换哪一份），各一次。';
      faults.push({ pointer: '/body', code: 'unknown-field', detail });
    } else given.set(name, value);
  }
  const kind = materialKinds.find((known) => known === given.get('kind'));
  if (kind === undefined) {
    const detail = `只能是：${materialKinds.join('、')}。`;
    faults.push({ pointer: '/body/kind', code: 'unknown-value', detail });
  }
  const content = given.get('content');
  if (!Buffer.isBuffer(content) || content.length === 0) {
    faults.push({ pointer: '/body/content', code: 'required', detail: '请附上材料文件。' });
  }
  const supersedes = given.get('supersedes') ?? null;
  const isId = supersedes === null || (typeof supersedes === 'string' && uuid.test(supersedes));
  if (!isId) {
    const detail = '应为所替换材料的编号（id），不替换时请去掉此项。';
    faults.push({ pointer: '/body/supersedes', code: 'wrong-format', detail });
  }
  if (faults.length > 0 || kind === undefined || !Buffer.isBuffer(content) || !isId)
    throw new Refusal('invalid-fields', { faults });
  const sniffed = (await fileTypeFromBuffer(content))?.mime;
  const mediaType = mediaTypes.find((known) => known === sniffed);
  if (mediaType === undefined) throw new Refusal('unsupported-media-type');
  if (!isWhole(mediaType, content)) throw new Refusal('material-unsafe');
  return { kind, mediaType, content, digest: createHash('sha256').update(content).digest(), supersedes };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Files as bytes, fields as they are. A form that breaks off, or is none, is the sender's fault. */
async function readParts(request: FastifyRequest): Promise<{ name: string; value: unknown }[]> {
  const limits = { files: 1, fields: 2, parts: 3, fileSize: maximumMaterialBytes };
  const parts: { name: string; value: unknown }[] = [];
  try {
    for await (const part of request.parts({ limits })) {
      parts.push({ name: part.fieldname, value: part.type === 'file' ? await part.toBuffer() : part.value });
    }
  } catch (error) {
    // The parser reports every malformed form as a plain Error; what it refuses on purpose carries a code.
    if (!(error instanceof Error) || 'code' in error) throw error;
    const detail = '表单不完整或格式有误，请按 multipart/form-data 重新提交。';
    throw new Refusal('invalid-fields', { faults: [{ pointer: '/body', code: 'broken-form', detail }] });
  }
  return parts;
}
