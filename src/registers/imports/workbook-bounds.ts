// Checks the size of an XLSX workbook before it is parsed: how far its sheets reach and how large it is unpacked.
// Counts while unpacking, because the archive's own figures may be false. Pure; runs in a worker thread.

import { Unzip, UnzipInflate } from 'fflate';
import type { TableBounds } from '../../platform/documents/csv.ts';
import { Problem } from '../../platform/problem.ts';

/** Several times the unpacked size of a workbook of ten thousand rows. */
const mostUnpackedBytes = 48 * 1024 * 1024;
const mostParts = 1_000;
const chunkBytes = 64 * 1024;
/** In characters: longer than any match. */
const overlap = 64;

/** @throws Problem payload-too-large for a workbook beyond the bounds, unsupported-media-type for no archive */
export function refuseSwollenWorkbook(content: Uint8Array, bounds: TableBounds): void {
  let unpackedBytes = 0;
  let parts = 0;
  const unzip = new Unzip((part) => {
    parts += 1;
    if (parts > mostParts) throw tooLarge(bounds);
    const isSheet = /^xl\/worksheets\/[^/]*\.xml$/i.test(part.name);
    const sheet = isSheet ? measureSheet(bounds) : null;
    part.ondata = (error, chunk, isLast) => {
      if (error !== null) throw error;
      unpackedBytes += chunk.length;
      if (unpackedBytes > mostUnpackedBytes) throw tooLarge(bounds);
      sheet?.(chunk, isLast);
    };
    part.start();
  });
  unzip.register(UnzipInflate);
  try {
    for (let at = 0; at < content.length; at += chunkBytes)
      unzip.push(content.subarray(at, at + chunkBytes), at + chunkBytes >= content.length);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('unsupported-media-type', { detail: 'XLSX 文件无法读取，请重新另存后再提交。' });
  }
}

/** The start of a row or cell; a row's number; a cell reference, alone or as an end of a range. */
const marks = /<(?:\w+:)?(row|c)(?=[\s/>])|\br=["'](\d{1,9})["']|["':]([A-Za-z]{1,3})(\d{1,9})(?=["':])/g;

/**
 * Reads a sheet chunk by chunk and refuses it once a reference or the number of its rows or cells exceeds the bounds.
 */
function measureSheet(bounds: TableBounds): (chunk: Uint8Array, isLast: boolean) => void {
  const counts = { row: 0, c: 0 };
  let held = '';
  return (chunk, isLast) => {
    const text = held + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    // A match that the chunk's end may have cut is left for the next chunk.
    const end = isLast ? text.length : Math.max(0, text.length - overlap);
    for (const { 1: begun, 2: row, 3: column, 4: rowOfCell, index } of text.matchAll(marks)) {
      if (index >= end) break;
      if (begun === 'row' || begun === 'c') counts[begun] += 1;
      const isBeyond =
        Number(row ?? rowOfCell ?? 0) > bounds.rows || columnNumber(column ?? '') > bounds.columns;
      if (isBeyond || counts.row > bounds.rows || counts.c > bounds.rows * bounds.columns)
        throw tooLarge(bounds);
    }
    held = text.slice(end);
  };
}

/** 1 for `A`, 27 for `AA`. */
function columnNumber(letters: string): number {
  return [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
}

function tooLarge({ rows, columns }: TableBounds): Problem {
  const detail = `表格最多 ${rows} 行（含表头）、${columns} 列。请删除多余的行列（包括空行和带格式的空单元格），或分批提交。`;
  return new Problem('payload-too-large', { detail });
}
