// Speaks HTTP for applications.

import { confirmBody } from '../../platform/http/authenticate.ts';
import { closed, IdParams, problemResponses, Uuid } from '../../platform/http/contract/schemas.ts';
import { File, sendFile } from '../../platform/http/files.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import { expectedVersion } from '../../platform/http/preconditions.ts';
import { problemOf } from '../../platform/http/problems/answer.ts';
import { compileSchema } from '../../platform/http/problems/validation.ts';
import type { App } from '../../platform/http/server.ts';
import * as acceptance from '../acceptance/operations.ts';
import { RequestCorrection } from '../acceptance/schemas.ts';
import * as drafts from '../drafts/operations.ts';
import { refuseMalformed } from '../drafts/reading.ts';
import { UpdateDraft } from '../drafts/schemas.ts';
import { maximumFormBytes, readMaterial } from '../materials/content.ts';
import { mediaTypes } from '../materials/inspection.ts';
import * as supplying from '../materials/operations.ts';
import { transferApplication } from '../transfers/operations.ts';
import { Transfer, TransferApplication } from '../transfers/schemas.ts';
import { Undertakings } from '../undertakings/schemas.ts';
import * as operations from './operations.ts';
import {
  Application,
  ApplicationQuery,
  ApplicationSummary,
  CreateApplication,
  Material,
  MaterialContentQuery,
  MaterialForm,
} from './schemas.ts';

const extensions = { 'image/jpeg': 'jpg', 'image/png': 'png', 'application/pdf': 'pdf' } as const;

export function applicationRoutes(app: App, { readPage, write, read, auditedRead }: Handlers): void {
  const tags = ['applications'];

  app.post(
    '/v1/applications',
    {
      // Whatever its form lacks is told together with what is wrong besides.
      attachValidation: true,
      schema: {
        operationId: 'createApplication',
        tags,
        summary: '新建申请（草稿） · Open a draft',
        description:
          '一份申请为一人、一个季度、一至三个已结束的月份。有错时一次列出全部错误。Every error at once.',
        body: CreateApplication,
        response: { 201: Application, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) => {
        const { body, validationError } = request;
        return validationError === undefined
          ? drafts.createApplication(context, body)
          : refuseMalformed(context, body, problemOf(validationError).fieldErrors);
      }),
  );

  app.get(
    '/v1/applications',
    {
      config: { shows: ['case'] },
      schema: {
        operationId: 'listApplications',
        tags,
        summary: '查询申请列表 · List applications',
        description: '本人员或机构可见的申请。The applications within scope.',
        querystring: ApplicationQuery,
        response: { 200: Page(ApplicationSummary), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.listApplications(context, request.query)),
  );

  app.get(
    '/v1/applications/:id',
    {
      config: { shows: ['case', 'identity'] },
      schema: {
        operationId: 'getApplication',
        tags,
        summary: '查看申请进度 · Follow an application',
        description:
          '状态、下一步、月份和材料，个人信息脱敏。State, next step, months and materials, masked.',
        params: IdParams,
        response: { 200: Application, ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.getApplication(context, request.params.id)),
  );

  app.post(
    '/v1/applications/:id/draft',
    {
      config: { ifMatch: 1 },
      attachValidation: true,
      schema: {
        operationId: 'updateDraft',
        tags,
        summary: '修改草稿或补正填写内容 · Change a draft',
        description:
          '草稿均可修改；补正期间可修改申请人信息、账户、就业情况和承诺书，告知书要求的还可改月份和街道（乡镇）。' +
          'While a correction is open, months and street only where its notice asks for them.',
        params: IdParams,
        body: UpdateDraft,
        response: { 201: Application, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) => {
        const { params, body, validationError } = request;
        if (validationError === undefined)
          return drafts.updateDraft(context, params.id, expectedVersion(request), body);
        // An address that is none has no draft to judge the rest by.
        if (validationError.validationContext !== 'body') throw validationError;
        const { fieldErrors } = problemOf(validationError);
        return drafts.refuseMalformedUpdate(context, params.id, expectedVersion(request), body, fieldErrors);
      }),
  );

  app.post(
    '/v1/applications/:id/materials',
    {
      bodyLimit: maximumFormBytes,
      config: {
        lane: 'file',
        takes: '材料须以表单（multipart/form-data）上传，仅支持 JPEG、PNG、PDF，以文件实际内容为准。',
      },
      // The form is read as a stream and judged by its content; a schema would see nothing.
      validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : compileSchema(part)),
      schema: {
        operationId: 'addMaterial',
        tags,
        consumes: ['multipart/form-data'],
        summary: '上传材料 · Add a material',
        description:
          '以文件实际内容判断类型：JPEG、PNG、PDF，不超过 5 MiB。加密保存，不覆盖旧材料。Judged by content, never overwritten.',
        params: IdParams,
        body: MaterialForm,
        response: { 201: Material, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      // Before five megabytes are read and inspected: whoever has no such case sends them for nothing.
      await readPage(request, (context) => supplying.findCase(context, id));
      const material = await readMaterial(request, () => confirmBody(request));
      const what = Buffer.from(`${material.kind} ${material.supersedes}`);
      const digest = Buffer.concat([what, material.sentDigest]);
      return await write(request, reply, (context) => supplying.addMaterial(context, id, material), digest);
    },
  );

  app.get(
    '/v1/applications/:id/materials/:materialId/content',
    {
      config: { lane: 'file', shows: ['material'] },
      schema: {
        operationId: 'getMaterialContent',
        tags,
        summary: '查看材料原件 · Read a material',
        description:
          '仅作附件下载，每次查看均留痕。不在办理环节查看身份证、户口本图像须填写目的（purpose），并计入完整个人信息的查看次数。' +
          '工作人员查看身份证、户口本时，得到的是逐页印有查看人、查看时间和“仅供本案办理”的 PDF；平台得到原件。' +
          'Served as an attachment only; every reading is audited. An identity paper wants a purpose outside of the work on its case. ' +
          'An officer gets an identity paper as a PDF, every page watermarked with who looked and when; a platform gets the bytes it supplied.',
        params: closed({ id: Uuid, materialId: Uuid }),
        querystring: MaterialContentQuery,
        response: {
          200: {
            description:
              '材料原件，或加印查看标记的 PDF · the material as it was supplied, or a PDF watermarked with who looked',
            content: Object.fromEntries(mediaTypes.map((type) => [type, { schema: File }])),
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const { id, materialId } = request.params;
      const { mediaType, content, stamp } = await auditedRead(request, (context) =>
        supplying.getMaterialContent(context, id, materialId, request.query),
      );
      if (stamp === null) {
        await sendFile(reply, { mediaType, content, name: `${materialId}.${extensions[mediaType]}` });
        return;
      }
      const page = Buffer.from(await app.workers.run('stampMaterial', { content, look: stamp }));
      await sendFile(reply, { mediaType: 'application/pdf', content: page, name: `${materialId}.pdf` });
    },
  );

  app.get(
    '/v1/applications/:id/undertaking',
    {
      config: { lane: 'file', shows: ['case', 'identity'] },
      schema: {
        operationId: 'getUndertakingDocument',
        tags,
        summary: '打印承诺书 · Print the undertaking',
        description:
          '按本申请填好的承诺书 PDF，供申请人签署；个人信息脱敏。Filled in and masked, to be signed.',
        params: IdParams,
        response: {
          200: {
            description: '承诺书（PDF） · the undertaking',
            content: { 'application/pdf': { schema: File } },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const filled = await auditedRead(request, (context) =>
        supplying.getUndertakingDocument(context, request.params.id),
      );
      const content = await app.workers.print('printUndertaking', filled);
      const name = `${filled.caseNumber}-undertaking.pdf`;
      await sendFile(reply, { mediaType: 'application/pdf', content, name });
    },
  );

  app.get(
    '/v1/undertakings',
    {
      schema: {
        operationId: 'listUndertakings',
        tags,
        summary: '查看承诺书文本 · The texts of the undertaking',
        description:
          '向申请人出示 isCurrent 的文本，签署后随申请提交版本和 SHA-256。Show the current text; its version and digest go with the application.',
        response: { 200: Undertakings, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, supplying.listUndertakings),
  );

  app.post(
    '/v1/applications/:id/submission',
    {
      config: { ifMatch: 2 },
      schema: {
        operationId: 'submitApplication',
        tags,
        summary: '提交申请 · Submit',
        description:
          '提交后月份即被占用，全市范围内不能重复申请。From here on the months are claimed in the whole city.',
        params: IdParams,
        response: { 201: Application, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.submitApplication(context, request.params.id, expectedVersion(request)),
      ),
  );

  app.post(
    '/v1/applications/:id/withdrawal',
    {
      config: { ifMatch: 1 },
      schema: {
        operationId: 'withdrawApplication',
        tags,
        summary: '撤回申请 · Withdraw',
        description:
          '审核办结前均可撤回，月份随即放开。试用时先以 createApplication 的示例 toWithdraw 另建一份草稿。' +
          'Until a decision. To try it, open another draft with createApplication’s example toWithdraw first.',
        params: IdParams,
        response: { 201: Application, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.withdrawApplication(context, request.params.id, expectedVersion(request)),
      ),
  );

  app.post(
    '/v1/applications/:id/transfer',
    {
      config: { ifMatch: 3 },
      schema: {
        operationId: 'transferApplication',
        tags,
        summary: '移送户籍所在地办理 · Hand over to where the household is',
        description:
          '审核办结前，经办人员把申请移送户籍所在街道（乡镇）的经办机构；时限连续计算，材料、月份和补正事项保留，两地街道和平台均获告知。' +
          'Before the decision; the clock goes on, materials, months and an open correction stay, and both streets and the platform are told.',
        params: IdParams,
        body: TransferApplication,
        response: { 201: Transfer, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        transferApplication(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/applications/:id/correction-requests',
    {
      config: { ifMatch: 3 },
      schema: {
        operationId: 'requestCorrection',
        tags,
        summary: '一次性告知补正 · Ask once for everything missing',
        description:
          '缺少的材料由系统列出，经办人员补充发现的问题；一份告知书包含全部事项。再次告知只能列出上次不可能看到的情况。' +
          'A second notice only for what could not have been seen at the first.',
        params: IdParams,
        body: RequestCorrection,
        response: { 201: Application, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        acceptance.requestCorrection(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/applications/:id/acceptance',
    {
      config: { ifMatch: 3 },
      schema: {
        operationId: 'acceptApplication',
        tags,
        summary: '受理 · Accept',
        description:
          '材料齐备方可受理；登记数据已能证明的材料无需提供。Papers that a register waives are not asked for.',
        params: IdParams,
        response: { 201: Application, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        acceptance.acceptApplication(context, request.params.id, expectedVersion(request)),
      ),
  );
}
