// Routes for the import of history: one body in three formats, checked first and then imported.

import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Handlers } from '../../platform/http/handlers.ts';
import { routeOf } from '../../platform/http/operations.ts';
import { compileSchema } from '../../platform/http/problems/validation.ts';
import { type App, workbookType } from '../../platform/http/server.ts';
import { checkHistory, type HistoryFile, importHistory } from './operations.ts';
import { HistoryCheck, HistoryTable, ImportHistory, ImportHistoryEnvelope, ImportQuery } from './schemas.ts';

const fileLimitBytes = 16 * 1024 * 1024;
const jsonLimitBytes = 4 * 1024 * 1024;

export function historyRoutes(app: App, { write, read }: Handlers): void {
  const Workbook = Type.String({
    format: 'binary',
    description: 'XLSX，第一张工作表 · the first sheet counts',
  });
  const body = {
    content: {
      'application/json': { schema: ImportHistory },
      'text/csv': { schema: HistoryTable },
      [workbookType]: { schema: Workbook },
    },
  };
  const validatorCompiler = (part: { schema: object; httpPart?: string }) => {
    if (part.httpPart !== 'body') return compileSchema(part);
    // A table is validated by its content; the body here is raw bytes.
    return part.schema === ImportHistory
      ? compileSchema({ ...part, schema: ImportHistoryEnvelope })
      : () => true;
  };

  const limits = { bodyLimit: fileLimitBytes, validatorCompiler };

  app.post(
    '/v1/history-imports/checks',
    {
      ...routeOf(
        'records',
        {
          id: 'checkHistory',
          summary: '试导入历史享受记录 · Check an import of history',
          description:
            '不保存任何内容：逐行列出会新增、取代或退回的行和原因；回答中的 sha256 用于正式导入。CSV 可为 UTF-8 或 GB18030。' +
            'Stores nothing; says what would become of each row.',
          config: { lane: 'file', jsonLimitBytes, isQuestion: true },
          problems: ['file-too-complex'],
          body,
        },
        { 200: HistoryCheck },
      ),
      ...limits,
    },
    async (request, reply) => {
      const file = await fileOf(request);
      return await read(request, reply, (context) => checkHistory(context, file));
    },
  );

  app.post(
    '/v1/history-imports',
    {
      ...routeOf(
        'records',
        {
          id: 'importHistory',
          summary: '导入历史享受记录 · Import history',
          description:
            '以前或在外地享受的月份和初次核定日。须先试导入同一份文件，并以其 sha256 确认。正确的行保留，有错的行退回；与自身日期矛盾的行须逐行确认（confirmRows）。' +
            'Of a file that was checked; good rows are kept.',
          config: { lane: 'file', jsonLimitBytes },
          problems: ['file-too-complex', 'import-not-checked'],
          query: ImportQuery,
          body,
        },
        { 200: HistoryCheck },
      ),
      ...limits,
    },
    async (request, reply) => {
      const file = await fileOf(request);
      await write(request, reply, (context) => importHistory(context, file, request.query));
    },
  );
}

async function fileOf({ body, headers, bodyDigest, server }: FastifyRequest): Promise<HistoryFile> {
  if (Buffer.isBuffer(body) && bodyDigest !== null) {
    const sha256 = bodyDigest.toString('hex');
    const isTable = headers['content-type']?.startsWith('text/csv') === true;
    const mediaType = isTable ? 'text/csv' : 'xlsx';
    return { sha256, table: await server.workers.run('readTable', { content: body, mediaType }) };
  }
  const { rows } = body as ImportHistoryEnvelope; // validated above
  const numbered = rows.map((row, index) => {
    const { reference = null, ...rest } = Object(row) as { reference?: unknown };
    return { rowNumber: index + 1, reference: typeof reference === 'string' ? reference : null, row: rest };
  });
  // Of the parsed values: clients may format the same JSON differently in the two requests.
  const sha256 = hash('sha256', JSON.stringify(body));
  return { sha256, table: { encoding: 'json', rows: numbered } };
}
