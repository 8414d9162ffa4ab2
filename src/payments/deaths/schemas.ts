// Schemas of what becomes of the money of somebody who died.

import type { Static } from 'typebox';
import { HeirRelation } from '../../applications/application/heir-schemas.ts';
import {
  closed,
  IdentityNumber,
  named,
  PersonalText,
  Uuid,
  worded,
} from '../../platform/http/contract/schemas.ts';
import { CorrectedAccount, Why } from '../payee-changes/schemas.ts';

export const ProposeHeir = named(
  'ProposeHeir',
  closed(
    {
      heir: named(
        'ProposedHeir',
        closed(
          {
            name: PersonalText({ minLength: 1, maxLength: 50, description: '领取人姓名 · name' }),
            identityNumber: IdentityNumber,
            relation: HeirRelation,
            account: CorrectedAccount,
          },
          { description: '领取人，账户户名应为本人 · who is paid, into an account of their own' },
        ),
      ),
      deathCertificateId: worded(Uuid, '本申请中的死亡证明 · the death certificate of this case'),
      relationProofId: worded(
        Uuid,
        '本申请中的亲属关系证明或公证书 · what shows the relation: a proof of kinship or a notarised document',
      ),
      reason: Why,
    },
    {
      description: '由谁领取及其依据 · who receives it, and what that rests on',
      examples: [
        {
          heir: {
            name: '李晓梅',
            identityNumber: '360299197608150020',
            relation: 'spouse',
            account: { bank: '景德镇农商银行', number: '6217000000000000126' },
          },
          deathCertificateId: '0197d8a1-4b00-7000-8000-000000000001',
          relationProofId: '0197d8a1-4b00-7000-8000-000000000002',
          reason: '经核实为配偶，其他继承人书面同意由其领取',
        },
      ],
    },
  ),
);
export type ProposeHeir = Static<typeof ProposeHeir>;

export const CloseAfterDeath = named(
  'CloseAfterDeath',
  closed(
    { reason: Why },
    {
      description: '为何无人领取 · why nobody is paid',
      examples: [{ reason: '家属书面表示不再领取' }],
    },
  ),
);
export type CloseAfterDeath = Static<typeof CloseAfterDeath>;
