// Schemas of what a death left unpaid, and of the heir who is paid.

import { Type } from 'typebox';
import {
  AmountFen,
  ApplicantName,
  closed,
  Day,
  Month,
  named,
  nullable,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { relationTitles } from './heirs.ts';

export const HeirRelation = words(
  'HeirRelation',
  relationTitles,
  '领取人与申请人的关系 · the heir’s relation to the applicant',
);

/** Who is paid after an applicant's death. */
export const Heir = named(
  'Heir',
  closed(
    {
      name: ApplicantName,
      identityNumber: Type.String({ description: '身份号码（脱敏） · masked' }),
      relation: HeirRelation,
    },
    { description: '申请人去世后的领取人 · who is paid after a death' },
  ),
);

export const AfterDeath = named(
  'AfterDeath',
  closed(
    {
      diedOn: worded(Day, '登记的去世日期 · the day of the death'),
      months: Type.Array(Month, {
        description: '去世前应得、尚未发放的月份 · earned before the death and not paid',
      }),
      amountFen: worded(AmountFen, '其中已批准的金额（分） · of those granted, in fen'),
      payee: words(
        'PayeeAfterDeath',
        { undecided: '尚未确定领取人', heir: '由领取人领取', closed: '已结案，不再发放' },
        '由谁领取 · who receives it',
      ),
      heir: nullable(worded(Heir, '领取人 · who is paid')),
    },
    {
      description:
        '申请人去世的，去世前应得而未发放的月份；平台不可见，为 null · what a death left unpaid; null for the living, and for platforms',
    },
  ),
);
