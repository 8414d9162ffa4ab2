// Schemas of false material and the bar that follows from it.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  AmountFen,
  CaseNumber,
  closed,
  Day,
  Instant,
  named,
  nullable,
  Progress,
  StreetCode,
  Text,
  titlesOf,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { Recovery } from '../recoveries/schemas.ts';
import { barStates } from './states.ts';

// Object.keys returns string[]; these are the closed list of states.
const State = words('BarState', titlesOf(barStates), '状态 · state');

export const Bar = named(
  'Bar',
  closed(
    {
      id: Uuid,
      version: Version,
      state: State,
      progress: Progress,
      personId: worded(Uuid, '人员编号 · id of the person'),
      applicationId: worded(Uuid, '最先报告的申请 · the case that was reported first'),
      caseNumber: worded(CaseNumber, '受理编号 · its case number'),
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      grounds: Type.Array(Type.String(), { description: '报告的事由 · what was reported' }),
      suspectedMonths: Type.Integer({
        description: '待听取说明的月数 · months on which the person is still to be heard',
      }),
      owedFen: worded(AmountFen, '尚未退回（分） · still owed, in fen'),
      proposedAt: worded(Instant, '报告时间 · when it was reported'),
      heardOn: nullable(worded(Day, '听取当事人说明的日期 · the day the person was heard')),
      confirmedAt: nullable(worded(Instant, '取消资格的时间 · since when it is in force')),
      closedAt: nullable(worded(Instant, '解除或排除的时间 · when it ended')),
      reason: nullable(Type.String({ description: '解除或排除的理由 · why it ended' })),
    },
    { description: '因虚假材料取消申请补贴资格 · a bar that false material brought' },
  ),
);

export const BarQuery = closed({
  ...pageQuery,
  state: Type.Optional(worded(State, '状态 · state', 'proposed')),
  personId: Type.Optional(
    worded(Uuid, '人员编号 · id of the person', '0197d84f-d500-7000-8000-000000000001'),
  ),
});
export type BarQuery = Static<typeof BarQuery>;

export const ReportFalseMaterial = named(
  'ReportFalseMaterial',
  closed(
    {
      grounds: Text({
        minLength: 2,
        maxLength: 500,
        description: '事由，写明事实和依据 · the facts and what they rest on',
      }),
      materialIds: Type.Optional(
        Type.Array(worded(Uuid, '材料编号 · id of the material'), {
          minItems: 1,
          maxItems: 20,
          uniqueItems: true,
          description:
            '虚假的材料；用过同一文件的其他申请一并追回。窗口所见、未上传的材料不填 · ' +
            'which materials; other cases with the same file are covered. Absent: a paper that only the counter saw',
        }),
      ),
    },
    {
      description: '何处虚假 · what was false',
      examples: [{ grounds: '灵活就业证明系伪造，出具单位已书面否认' }],
    },
  ),
);
export type ReportFalseMaterial = Static<typeof ReportFalseMaterial>;

export const FalseMaterialReport = named(
  'FalseMaterialReport',
  closed(
    {
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      bar: Bar,
      opened: Type.Array(Recovery, {
        description:
          '本机构由此提出的追回；其他机构核定的月份随后提出 · the recoveries it opened; other agencies’ months follow',
      }),
      othersWithMaterial: named(
        'OthersWithMaterial',
        closed(
          {
            caseNumbers: Type.Array(Type.String(), {
              description: '本机构的受理编号 · case numbers within scope',
            }),
            beyondScope: Type.Integer({ description: '其他机构的件数 · how many there are beyond it' }),
          },
          {
            description:
              '其他人的申请中有同一文件的，仅供核查 · cases of other people with the same file, a hint',
          },
        ),
      ),
    },
    { description: '虚假材料报告 · a report of false material' },
  ),
);

const Reason = Text({
  minLength: 2,
  maxLength: 500,
  description: '理由，告知当事人 · why; told to the person',
});

export const DismissBar = named(
  'DismissBar',
  closed(
    { reason: Reason },
    { description: '为何不属实 · why it is not so', examples: [{ reason: '经核对原件，材料属实' }] },
  ),
);
export const LiftBar = named(
  'LiftBar',
  closed(
    { reason: Reason },
    {
      description: '为何解除 · why it is lifted',
      examples: [{ reason: '已全部退还，本人书面说明情况并悔改' }],
    },
  ),
);
export type EndBar = Static<typeof LiftBar>;
