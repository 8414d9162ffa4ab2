// Routes for attestations.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { routeOf } from '../../platform/http/operations.ts';
import { compileSchema } from '../../platform/http/problems/validation.ts';
import type { App } from '../../platform/http/server.ts';
import { attestRecord } from './operations.ts';
import { Attestation, AttestRecord, AttestRecordEnvelope } from './schemas.ts';

export function attestationRoutes(app: App, { write }: Handlers): void {
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
}
