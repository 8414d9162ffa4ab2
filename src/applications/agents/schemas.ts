// Schemas of the people who help an applicant: the contact 联系人 who answers the phone, and the agent 代办人 who hands the
// case in. Both are entered at a counter alone.

import { type Static, Type } from 'typebox';
import {
  ApplicantName,
  closed,
  IdentityNumber,
  named,
  PersonalText,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';

export const agentRelations = {
  spouse: '配偶',
  parent: '父母',
  child: '子女',
  sibling: '兄弟姐妹',
  relative: '其他亲属',
  'community-worker': '社区（村）工作人员',
  other: '其他',
} as const;
export type RelationToApplicant = keyof typeof agentRelations;

const Relation = words('RelationToApplicant', agentRelations, '与申请人的关系 · relation to the applicant');
const name = PersonalText({ minLength: 1, maxLength: 50, description: '姓名 · name' });

export const Contact = named(
  'Contact',
  closed(
    {
      name,
      relation: Relation,
      phone: PersonalText({
        minLength: 1,
        maxLength: 30,
        description: '联系人的 11 位手机号码 · the contact’s mobile phone',
        examples: ['13900000001'],
      }),
    },
    {
      description:
        '联系人：申请人没有电话的，在线下窗口代替 phone 填写 · at a counter, for an applicant without a phone, in place of `phone`',
    },
  ),
);
export type Contact = Static<typeof Contact>;

export const Agent = named(
  'Agent',
  closed(
    { name, identityNumber: IdentityNumber, relation: Relation },
    {
      description:
        '代办人：到线下窗口代申请人办理，须交委托书和申请人签名、按手印的承诺书 · hands the case in at a counter, with a power of attorney and the undertaking signed by the applicant',
    },
  ),
);
export type Agent = Static<typeof Agent>;

export const ContactOnFile = named(
  'ContactOnFile',
  closed(
    { name: worded(ApplicantName, '联系人姓名 · name'), relation: Relation },
    { description: '电话属于该联系人；为申请人本人的为 null · whose phone it is; null: the applicant’s own' },
  ),
);

export const AgentOnFile = named(
  'AgentOnFile',
  closed(
    {
      name: worded(ApplicantName, '代办人姓名 · name'),
      identityNumber: Type.String({ description: '代办人身份号码（脱敏） · masked' }),
      relation: Relation,
    },
    { description: '代办人；本人办理的为 null · who handed the case in for the applicant' },
  ),
);
