// Schemas for attestations 核实 of what a register leaves open.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  closed,
  Day,
  Instant,
  Month,
  named,
  nullable,
  Officer,
  oneOf,
  some,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { factSchemas, LookUp } from '../../registers/records/schemas.ts';
import { kinds } from '../../rules/facts.ts';
import { kindTitles } from '../../rules/policy/catalogue.ts';

/**
 * Kinds that an officer may attest. Excluded: a retirement category, which only its register decides; a death, which
 * ends eligibility for good; earlier grants, which are imported as a whole.
 */
export const attestableKinds = kinds.filter(
  (kind) => kind !== 'retirement-category' && kind !== 'death' && kind !== 'prior-benefit',
);

const AttestableKind = words(
  'AttestableKind',
  some(kindTitles, attestableKinds),
  '记录种类 · kind of record',
);

const finding = {
  absence: Type.Optional(
    named(
      'Absence',
      closed(
        {
          kind: AttestableKind,
          from: worded(Day, '开始日（含） · first day looked at'),
          to: worded(Day, '结束日（含） · last day looked at'),
        },
        { description: '核实为没有：这些日期内没有该类记录 · nothing of this kind held on these days' },
      ),
    ),
  ),
  coverage: Type.Optional(
    named(
      'CoverageSeen',
      closed(
        {
          kind: AttestableKind,
          throughMonth: worded(Month, '已查看至该月 · everything was seen through this month'),
        },
        {
          description:
            '已在其他系统查看该人此类全部记录 · everything of this kind that another system has of the person was seen',
        },
      ),
    ),
  ),
  withdraws: Type.Optional(worded(Uuid, '撤回此前的核实 · takes an earlier attestation back')),
};

const Evidence = named(
  'EvidenceOfAttestation',
  closed(
    {
      materialId: Type.Optional(worded(Uuid, '本申请的材料 · a material of this application')),
      lookUp: Type.Optional(LookUp),
    },
    { description: '依据，二选一 · exactly one of the two' },
  ),
);

export const AttestRecord = named(
  'AttestRecord',
  closed(
    {
      record: Type.Optional(
        oneOf(
          'kind',
          attestableKinds.map((kind) => factSchemas[kind]),
          { title: 'AttestedFact', description: '核实为有：该记录属实 · this record holds' },
        ),
      ),
      ...finding,
      evidence: Evidence,
    },
    {
      description: 'record、absence、coverage、withdraws 四选一 · exactly one of the four',
      'x-examples': {
        absence: {
          summary: '核实未参加技能培训 · no skills training was attended',
          value: {
            absence: { kind: 'skills-training', from: '2025-04-01', to: '2025-06-30' },
            evidence: {
              lookUp: {
                system: '江西省职业技能培训管理系统',
                at: '2025-07-05T01:40:00Z',
                reference: 'CX20250705-0012',
              },
            },
          },
        },
      },
    },
  ),
);

/** The same with the record not validated; attestRecord validates it by the schema of its kind. */
export const AttestRecordEnvelope = closed({
  record: Type.Optional(Type.Unknown()),
  ...finding,
  evidence: Evidence,
});
export type AttestRecordEnvelope = Static<typeof AttestRecordEnvelope>;

const applicationId = worded(Uuid, '所属申请 · the application');

export const RecordToAttest = named('RecordToAttest', closed({ applicationId, ...AttestRecord.properties }));
export type RecordToAttest = Static<typeof RecordToAttest>;

/** The same with the record not validated. */
export const RecordToAttestEnvelope = closed({ applicationId, ...AttestRecordEnvelope.properties });

export const AttestedRecord = named(
  'AttestedRecord',
  closed({
    attestationId: worded(Uuid, '核实编号 · id of the attestation'),
    recordId: nullable(worded(Uuid, '形成的记录 · the record it became')),
    coverageId: nullable(worded(Uuid, '形成的完整性声明 · the coverage it became')),
  }),
);

export const Attestation = named(
  'Attestation',
  closed(
    {
      id: Uuid,
      applicationId: worded(Uuid, '所属申请 · the case'),
      personId: worded(Uuid, '人员编号 · the person'),
      recordId: nullable(worded(Uuid, '形成的记录 · the record it became')),
      coverageId: nullable(worded(Uuid, '形成的完整性声明 · the coverage it became')),
      officer: worded(Officer, '核实人员 · the officer'),
      agencyCode: AgencyCode,
      attestedAt: worded(Instant, '核实时间 · when'),
    },
    { description: '一项核实 · an attestation' },
  ),
);
