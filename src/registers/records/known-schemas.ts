// What travels when somebody reads what was known of a person: the records of a moment, and what an attestation rests on.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  closed,
  Day,
  Instant,
  named,
  nullable,
  StreetCode,
  Text,
  Uuid,
  worded,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { hardshipCategories, retirementCategories } from '../../rules/facts.ts';
import { AnyKind, particulars, RecordVersion, SourceKey } from './schemas.ts';

/** A look into another system, described so that another officer can repeat it. */
export const LookUp = named(
  'LookUp',
  closed(
    {
      system: Text({
        minLength: 2,
        maxLength: 60,
        description: '查询的系统 · the system looked into',
        examples: ['江西省职业技能培训管理系统'],
      }),
      at: worded(Instant, '查询时间 · when'),
      reference: Text({
        minLength: 1,
        maxLength: 100,
        description: '查询编号或打印件编号，不得含身份号码 · reference of the look-up or its printout',
        examples: ['CX20250705-0012'],
      }),
    },
    { description: '在其他系统中的查询 · a look into another system' },
  ),
);

export const RecordQuery = closed({
  ...pageQuery,
  kind: Type.Optional(worded(AnyKind, '记录种类 · kind of record', 'contribution')),
  knownAt: Type.Optional(
    worded(Instant, '按该时刻所掌握的情况查询，不填为现在 · what was known at that moment, now when absent'),
  ),
});
export type RecordQuery = Static<typeof RecordQuery>;

/** What kinds say beside their days, as it was delivered. */
const KnownParticulars = named(
  'KnownParticulars',
  closed(
    {
      street: Type.Optional(StreetCode),
      movedInFrom: particulars.household.movedInFrom,
      category: Type.Optional(
        Type.Enum([...hardshipCategories, ...retirementCategories], {
          description: '认定类别或退休类别 · category',
        }),
      ),
      month: Type.Optional(particulars.contribution.month),
      scheme: Type.Optional(particulars.contribution.scheme),
      insurance: Type.Optional(particulars.contribution.insurance),
      payer: Type.Optional(particulars.contribution.payer),
      refunded: Type.Optional(particulars.contribution.refunded),
      place: particulars.contribution.place,
      paidOn: particulars.contribution.paidOn,
      refundedOn: particulars['contribution-refund'].refundedOn,
      firstApprovedOn: Type.Optional(particulars['prior-benefit'].firstApprovedOn),
      near: Type.Optional(particulars['prior-benefit'].near),
      months: Type.Optional(particulars['prior-benefit'].months),
      absent: Type.Optional(
        Type.Literal(true, { description: '核实为没有 · found not to hold on these days' }),
      ),
    },
    { description: '各类记录的内容 · what the record says' },
  ),
);

export const KnownRecord = named(
  'KnownRecord',
  closed({
    id: Uuid,
    kind: AnyKind,
    source: Type.String({ description: '来源；officer 为经办人员核实 · who said so' }),
    sourceKey: SourceKey,
    version: RecordVersion,
    from: worded(Day, '开始日（含） · first day it holds'),
    to: nullable(worded(Day, '结束日（含），未结束为 null · last day it holds')),
    particulars: KnownParticulars,
    learntAt: worded(Instant, '本服务获知的时间 · when we learnt it'),
    supersededAt: nullable(
      worded(Instant, '被更新版本取代的时间，仍有效为 null · when a later version replaced it'),
    ),
    attestation: nullable(
      closed(
        {
          applicationId: worded(Uuid, '所属申请 · the case it was attested for'),
          officerName: nullable(Type.String({ description: '核实人员 · the officer' })),
          agencyCode: AgencyCode,
          materialId: nullable(worded(Uuid, '所依据的材料 · the material it rests on')),
          lookUp: nullable(LookUp),
        },
        { description: '核实的依据；登记机关的记录为 null · what an attestation rests on' },
      ),
    ),
  }),
);
