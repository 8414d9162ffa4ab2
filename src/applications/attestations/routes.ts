// Routes for attestations.

import { exampleId, IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf, routeOf } from '../../platform/http/operations.ts';
import { compileSchema } from '../../platform/http/problems/validation.ts';
import type { App } from '../../platform/http/server.ts';
import { attestRecord, attestRecords } from './operations.ts';
import {
  Attestation,
  AttestedRecord,
  AttestRecord,
  AttestRecordEnvelope,
  RecordToAttest,
  RecordToAttestEnvelope,
} from './schemas.ts';

export function attestationRoutes(app: App, handlers: Handlers): void {
  const { write } = handlers;
  const { each } = operationsOf(app, handlers, 'applications');

  app.post(
    '/v1/applications/:id/attestations',
    {
      // The contract lists every kind of record; attestRecord validates the record by the schema of its kind.
      validatorCompiler: (part) =>
        compileSchema(part.httpPart === 'body' ? { ...part, schema: AttestRecordEnvelope } : part),
      ...routeOf(
        'applications',
        {
          id: 'attestRecord',
          summary: '核实登记数据 · Attest what no register says',
          description:
            '登记机关未提供数据时，由经办或审核人员依据材料或其他系统的查询结果核实，署名留痕。核实不能推翻登记机关的记录。' +
            'Settles what is unknown; never turns around what a register says.',
          problems: ['not-found', 'state-conflict'],
          params: IdParams,
          body: AttestRecord,
        },
        { 200: Attestation },
      ),
    },
    (request, reply) =>
      // validated above
      write(request, reply, (context) =>
        attestRecord(context, request.params.id, request.body as AttestRecordEnvelope),
      ),
  );

  each('/v1/attestations', {
    id: 'attestRecords',
    summary: '批量核实登记数据 · Attest many things',
    description:
      '一次最多 500 项，可涉及同一申请或多件申请，逐项独立。试用时代替 attestRecord。' +
      'Of one case or of several; each as attestRecord, and tried instead.',
    item: RecordToAttest,
    acceptedItem: RecordToAttestEnvelope,
    example: {
      applicationId: exampleId,
      absence: { kind: 'skills-training', from: '2025-04-01', to: '2025-06-30' },
      evidence: {
        lookUp: {
          system: '江西省职业技能培训管理系统',
          at: '2025-07-05T01:40:00Z',
          reference: 'CX20250705-0012',
        },
      },
    },
    about: 'applicationId',
    result: AttestedRecord,
    run: attestRecords,
  });
}
