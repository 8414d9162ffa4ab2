// Routes for materials: a form read as a stream, and files sent as attachments.

import { confirmBody } from '../../platform/http/authenticate.ts';
import { closed, IdParams, Uuid, worded } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { effectOf, operationsOf } from '../../platform/http/operations.ts';
import { compileSchema } from '../../platform/http/problems/validation.ts';
import type { App } from '../../platform/http/server.ts';
import { maximumFormBytes, readMaterial } from './content.ts';
import { mediaTypes } from './media-types.ts';
import { addMaterial, confirmCase, getMaterial, getMaterialFile } from './operations.ts';
import { AddedMaterial, Material, MaterialContentQuery, MaterialForm } from './schemas.ts';

const extensions = { 'image/jpeg': 'jpg', 'image/png': 'png', 'application/pdf': 'pdf' } as const;

export function materialRoutes(app: App, handlers: Handlers): void {
  const { file, get } = operationsOf(app, handlers, 'applications');
  const { readPage, write } = handlers;

  const { schema, config } = effectOf(
    'applications',
    {
      id: 'addMaterial',
      summary: '上传材料 · Add a material',
      description:
        '以文件实际内容判断类型：JPEG、PNG、PDF，不超过 5 MiB。加密保存，不覆盖旧材料。Judged by content, never overwritten.',
      problems: ['not-found', 'state-conflict', 'materials-full', 'material-unsafe', 'file-too-complex'],
      config: {
        lane: 'file',
        takes: '材料须以表单（multipart/form-data）上传，仅支持 JPEG、PNG、PDF，以文件实际内容为准。',
      },
      params: IdParams,
      body: MaterialForm,
      created: ({ id }, params) => `/v1/applications/${params.id}/materials/${id}`,
    },
    AddedMaterial,
  );
  app.post(
    '/v1/applications/:id/materials',
    {
      bodyLimit: maximumFormBytes,
      config,
      schema: { ...schema, consumes: ['multipart/form-data'] },
      // readMaterial validates the form while it streams; there is no parsed body for a schema.
      validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : compileSchema(part)),
    },
    async (request, reply) => {
      const { id } = request.params;
      // First, so that five megabytes for a case out of scope are not read and inspected.
      await readPage(request, (context) => confirmCase(context, id));
      const material = await readMaterial(request, () => confirmBody(request));
      const what = Buffer.from(`${material.kind} ${material.supersedes}`);
      const digest = Buffer.concat([what, material.sentDigest]);
      return await write(request, reply, (context) => addMaterial(context, id, material), digest);
    },
  );

  get('/v1/applications/:id/materials/:materialId', {
    id: 'getMaterial',
    summary: '查看材料信息 · Read a material’s description',
    description:
      '种类、大小、摘要和替换关系，不含文件内容。Kind, length, digest and what it replaces, without the file.',
    problems: ['not-found'],
    config: { shows: ['case'] },
    params: closed({ ...IdParams.properties, materialId: worded(Uuid, '材料编号 · id of the material') }),
    answer: Material,
    run: (context, { params }) => getMaterial(context, params.id, params.materialId),
  });

  file('/v1/applications/:id/materials/:materialId/file', {
    id: 'getMaterialFile',
    summary: '查看材料原件 · Read a material',
    description:
      '仅作附件下载，每次查看均留痕。不在办理环节查看身份证、户口本图像须填写目的（purpose），并计入完整个人信息的查看次数。' +
      '工作人员查看身份证、户口本时，得到的是逐页印有查看人、查看时间和“仅供本案办理”的 PDF；平台得到原件。' +
      'Served as an attachment only; every reading is audited. An identity paper wants a purpose outside of the work on its case. ' +
      'An officer gets an identity paper as a PDF, every page watermarked with who looked and when; a platform gets the bytes it supplied.',
    problems: ['not-found', 'file-too-complex'],
    config: { lane: 'file', shows: ['material'] },
    params: closed({ ...IdParams.properties, materialId: worded(Uuid, '材料编号 · id of the material') }),
    query: MaterialContentQuery,
    mediaTypes,
    file: '材料原件，或加印查看标记的 PDF · the material as it was supplied, or a PDF watermarked with who looked',
    run: (context, { params, query }) => getMaterialFile(context, params.id, params.materialId, query),
    print: async ({ mediaType, content, stamp }, { params: { materialId } }) => {
      if (stamp === null) return { mediaType, content, name: `${materialId}.${extensions[mediaType]}` };
      const page = Buffer.from(await app.workers.run('stampMaterial', { content, look: stamp }));
      return { mediaType: 'application/pdf', content: page, name: `${materialId}.pdf` };
    },
  });
}
