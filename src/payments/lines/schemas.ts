// Schemas of single payment lines.

import { type Static, Type } from 'typebox';
import { Heir } from '../../applications/application/heir-schemas.ts';
import { Failure } from '../../applications/application/schemas.ts';
import { Flags } from '../../applications/flags/schemas.ts';
import {
  AmountFen,
  ApplicantName,
  CaseNumber,
  closed,
  IdParams,
  Instant,
  Month,
  named,
  nullable,
  StreetCode,
  Text,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { lineTitles, releaseCauses } from './states.ts';

export const LineId = worded(Uuid, '行号 · id of the line', '0197d8a1-4b00-7000-8000-000000000001');

export const LineCount = Type.Integer({ minimum: 0, description: '笔数 · number of lines' });

export const LineParams = closed({ ...IdParams.properties, lineId: LineId });

export const LineStateName = words('LineState', lineTitles, '发放状态 · state of the payment');
const ReleaseCauseName = words(
  'ReleaseCause',
  releaseCauses,
  '离开本批次的原因 · why it left this disbursement',
);

/** A line for officers: numbers are masked. */
export const RosterLine = named(
  'RosterLine',
  closed({
    lineId: LineId,
    caseNumber: CaseNumber,
    name: ApplicantName,
    identityNumber: Type.String({ description: '身份号码（脱敏） · masked' }),
    account: Type.String({ description: '账号（脱敏） · masked' }),
    months: Type.Array(Month, { description: '发放月份 · the months paid' }),
    amountFen: AmountFen,
    state: LineStateName,
    failure: nullable(Failure),
    holdReason: nullable(Type.String({ description: '暂缓原因 · why it is held back' })),
    releaseCause: nullable(ReleaseCauseName),
    replacesLineId: nullable(worded(Uuid, '代替的行 · the payment it stands for')),
    batchNumber: nullable(Type.String({ description: '发放文件批次号 · batch it went to the bank in' })),
    accountChangedAt: nullable(
      worded(Instant, '收款账户经两人更正的时间 · when its account was changed by two officers'),
    ),
    nameChangedAt: nullable(
      worded(Instant, '姓名经两人更正的时间 · when its name was corrected by two officers'),
    ),
    heir: nullable(
      worded(
        Heir,
        '申请人去世的，为领取人，账户是其本人的 · who is paid after a death, into an account of their own',
      ),
    ),
    flags: Flags,
  }),
);

export const DisbursementLine = named(
  'DisbursementLine',
  closed(
    { streetCode: StreetCode, ...RosterLine.properties },
    { description: '批次中的一行 · one line of a disbursement' },
  ),
);

export const LineQuery = closed({
  ...pageQuery,
  state: Type.Optional(worded(LineStateName, '只看这一状态 · only lines in this state', 'waiting')),
  personId: Type.Optional(worded(Uuid, '此人的行 · of this person', '0197d84f-d500-7000-8000-000000000001')),
  applicationId: Type.Optional(
    worded(Uuid, '此申请的行 · of this application', '0197d84f-d500-7000-8000-000000000001'),
  ),
  streetCode: Type.Optional(StreetCode),
});
export type LineQuery = Static<typeof LineQuery>;

export const HoldLine = named(
  'HoldLine',
  closed(
    {
      reason: Text({
        minLength: 2,
        maxLength: 200,
        description: '暂缓原因 · why it is held back',
        examples: ['签字后本人反映已到企业上班，待核实'],
      }),
    },
    {
      description: '为何暂缓 · why it is held back',
      examples: [{ reason: '签字后本人反映已到企业上班，待核实' }],
    },
  ),
);
export type HoldLine = Static<typeof HoldLine>;

export const ReleaseHold = named(
  'ReleaseHold',
  closed(
    {
      reason: Text({
        minLength: 2,
        maxLength: 200,
        description: '原因 · why',
        examples: ['已核实，情况属实'],
      }),
    },
    {
      description: '解除暂缓的依据 · what was found',
      examples: [{ reason: '已与本人和用人单位核实，并未就业' }],
    },
  ),
);
export type ReleaseHold = Static<typeof ReleaseHold>;
