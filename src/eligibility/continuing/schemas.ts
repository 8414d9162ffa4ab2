// Schemas of a case that is continued in a further quarter.

import { type Static, Type } from 'typebox';
import { Application } from '../../applications/application/schemas.ts';
import { closed, named, words } from '../../platform/http/contract/schemas.ts';

const ChangeSinceLast = named(
  'ChangeSinceLast',
  closed({
    subject: words(
      'ContinuedSubject',
      {
        household: '户籍',
        account: '收款账户',
        policy: '政策',
        work: '就业情况',
        undertaking: '承诺书',
        materials: '材料',
        months: '其他月份',
      },
      '哪一方面 · what it is about',
    ),
    detail: Type.String({ description: '有什么变化、要办什么 · what has changed and what to do' }),
  }),
);
export type ChangeSinceLast = Static<typeof ChangeSinceLast>;

export const ContinuedApplication = named(
  'ContinuedApplication',
  closed(
    {
      application: Application,
      changes: Type.Array(ChangeSinceLast, {
        description: '自上次申请以来的变化和要办的事 · what has changed since the last case, and what to do',
      }),
    },
    { description: '续申的草稿 · the draft of a further quarter' },
  ),
);
