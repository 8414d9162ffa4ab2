// Reads a material out of a multipart request and judges what it is by its content, whatever its name and its declared
// type say. The file's own name is not kept: people put identity numbers into file names.

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { fileTypeFromBuffer } from 'file-type';
import { type Fault, Refusal } from '../http/problem.ts';
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
}

/**
 * The fields `kind` and `content` of a multipart form, each exactly once. Refuses another type than JPEG, PNG and PDF
 * with 415, more than 5 MiB with 413, and anything else that is wrong with every fault at once.
 */
export async function readMaterial(request: FastifyRequest): Promise<SuppliedMaterial> {
  if (!request.isMultipart()) throw new Refusal('unsupported-media-type');
  const faults: Fault[] = [];
  let kind: MaterialKind | null = null;
  let content: Buffer | null = null;
  for (const { name, value } of await readParts(request)) {
    if (name === 'content' && Buffer.isBuffer(value)) content = value;
    else if (name === 'kind' && !Buffer.isBuffer(value)) {
      kind = materialKinds.find((known) => known === value) ?? null;
    } else {
      const detail = '只接受字段 kind（材料种类）和 content（文件）。';
      faults.push({ pointer: '/body', code: 'unknown-field', detail });
    }
  }
  if (kind === null) {
    faults.push({
      pointer: '/body/kind',
      code: 'unknown-value',
      detail: `只能是：${materialKinds.join('、')}。`,
    });
  }
  if (content === null || content.length === 0) {
    faults.push({ pointer: '/body/content', code: 'required', detail: '请附上材料文件。' });
  }
  if (faults.length > 0 || kind === null || content === null) throw new Refusal('invalid-fields', { faults });
  const sniffed = (await fileTypeFromBuffer(content))?.mime;
  const mediaType = mediaTypes.find((known) => known === sniffed);
  if (mediaType === undefined) throw new Refusal('unsupported-media-type');
  return { kind, mediaType, content, digest: createHash('sha256').update(content).digest() };
}

/** Files as bytes, fields as they are. A form that breaks off, or is none, is the sender's fault. */
async function readParts(request: FastifyRequest): Promise<{ name: string; value: unknown }[]> {
  const limits = { files: 1, fields: 1, parts: 2, fileSize: maximumMaterialBytes };
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
