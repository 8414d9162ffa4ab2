// Routes for registers uploaded by hand: one body in three formats, checked first and then imported; and templates.

import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { workbookMediaType, workbookOf } from '../../platform/documents/tables.ts';
import { File, sendFile } from '../../platform/http/files.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { routeOf } from '../../platform/http/operations.ts';
import { compileSchema } from '../../platform/http/problems/validation.ts';
import { type App, workbookType } from '../../platform/http/server.ts';
import { checkRecordImport, getRecordTemplateFile, importRecords, type RegisterFile } from './operations.ts';
import {
  ImportCheckQuery,
  ImportQuery,
  ImportRecords,
  RecordImport,
  RegisterTable,
  TemplateParams,
} from './schemas.ts';

const fileLimitBytes = 16 * 1024 * 1024;
const jsonLimitBytes = 4 * 1024 * 1024;

export function importRoutes(app: App, { write, read }: Handlers): void {
  const Workbook = Type.String({
    format: 'binary',
    description: 'XLSX，第一张工作表 · the first sheet counts',
  });
  const body = {
    content: {
      'application/json': { schema: ImportRecords },
      'text/csv': { schema: RegisterTable },
      [workbookType]: { schema: Workbook },
    },
  };
  const validatorCompiler = (part: { schema: object; httpPart?: string }) =>
    // A table is validated by its content; the body here is raw bytes.
    part.httpPart === 'body' && part.schema !== ImportRecords ? () => true : compileSchema(part);

  const limits = { bodyLimit: fileLimitBytes, validatorCompiler };

  app.get(
    '/v1/record-imports/templates/:kind/file',
    routeOf(
      'records',
      {
        id: 'getRecordTemplateFile',
        summary: '下载登记表模板 · Download the template of a register',
        description:
          '该种登记的 XLSX 模板：第一张工作表填写，第二张说明各列怎样填写。A workbook to fill in; its second sheet says how.',
        params: TemplateParams,
      },
      {
        200: {
          description: '登记表模板 · the template',
          content: { [workbookMediaType]: { schema: File } },
        },
      },
    ),
    async (request, reply) => {
      const { kind } = request.params;
      const content = await workbookOf(getRecordTemplateFile(kind));
      await sendFile(reply, { name: `${kind}.xlsx`, mediaType: workbookMediaType, content });
    },
  );

  app.post(
    '/v1/record-imports/checks',
    {
      ...routeOf(
        'records',
        {
          id: 'checkRecordImport',
          summary: '试导入登记表 · Check an import of a register',
          description:
            '不保存任何内容：逐行列出会新增、取代或退回的行和原因；回答中的 sha256 用于正式导入。CSV 可为 UTF-8 或 GB18030。' +
            'Stores nothing; says what would become of each row.',
          config: { lane: 'file', jsonLimitBytes, isQuestion: true },
          problems: ['file-too-complex'],
          query: ImportCheckQuery,
          body,
        },
        { 200: RecordImport },
      ),
      ...limits,
    },
    async (request, reply) => {
      const file = await fileOf(request);
      return await read(request, reply, (context) => checkRecordImport(context, file, request.query));
    },
  );

  app.post(
    '/v1/record-imports',
    {
      ...routeOf(
        'records',
        {
          id: 'importRecords',
          summary: '导入登记表 · Import a register by hand',
          description:
            '登记系统尚未对接时，由经办机构导入本辖区人员的登记记录，包括以前或在外地享受的月份。须先试导入同一份文件，并以其 sha256 确认。' +
            '校验与 deliverRecords 相同：正确的行保留，有错的行退回；与自身日期矛盾的行须逐行确认（confirmRows）。' +
            'Of the agency’s own people, from a file that was checked; good rows are kept.',
          config: { lane: 'file', jsonLimitBytes },
          problems: ['file-too-complex', 'import-not-checked'],
          query: ImportQuery,
          body,
        },
        { 200: RecordImport },
      ),
      ...limits,
    },
    async (request, reply) => {
      const file = await fileOf(request);
      await write(request, reply, (context) => importRecords(context, file, request.query));
    },
  );
}

async function fileOf({
  body,
  headers,
  bodyDigest,
  server,
  query,
}: FastifyRequest<{ Querystring: ImportCheckQuery }>): Promise<RegisterFile> {
  if (Buffer.isBuffer(body) && bodyDigest !== null) {
    const sha256 = bodyDigest.toString('hex');
    const isTable = headers['content-type']?.startsWith('text/csv') === true;
    const mediaType = isTable ? 'text/csv' : 'xlsx';
    const { kind, mapping } = query;
    const table = { content: body, mediaType, kind, isMapped: mapping !== undefined } as const;
    return { sha256, table: await server.workers.run('readTable', table) };
  }
  const { rows } = body as ImportRecords; // validated above
  const numbered = rows.map((row, index) => ({ rowNumber: index + 1, row: Object(row) }));
  // Of the parsed values: clients may format the same JSON differently in the two requests.
  const sha256 = hash('sha256', JSON.stringify(body));
  return { sha256, table: { encoding: 'json', rows: numbered } };
}
