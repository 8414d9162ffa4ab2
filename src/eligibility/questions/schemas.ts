// Schemas of the person and the grounds of a question.

import { type Static, Type } from 'typebox';
import {
  closed,
  IdentityNumber,
  Instant,
  named,
  PersonalText,
  Text,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';

/** How a platform has authenticated its user. */
const authenticationMethods = {
  'provincial-identity': '江西省统一身份认证',
  'national-identity': '国家政务服务平台统一身份认证',
  'national-network-identity': '国家网络身份认证公共服务',
  'face-recognition': '人脸识别核验',
  'electronic-social-security-card': '电子社会保障卡',
} as const;

/** Why an officer asks about a person out of scope. */
const purposes = {
  'counter-inquiry': '本人到窗口咨询',
  'moving-in': '户籍迁入或拟在本辖区申请',
  'case-transfer': '核实移送的申请',
  complaint: '核实投诉、信访',
  'legal-request': '依法协查',
} as const;

const Authentication = named(
  'Authentication',
  closed(
    {
      method: words('AuthenticationMethod', authenticationMethods, '实名认证方式 · how'),
      at: worded(Instant, '认证时间 · when'),
      sessionId: Text({
        minLength: 1,
        maxLength: 100,
        description: '平台登录会话编号，不得含身份号码 · id of the session at the platform',
        examples: ['s-20250705-8f31c2'],
      }),
    },
    { description: '平台对登录本人的实名认证 · how the platform has authenticated the person logged in' },
  ),
);

const Consent = named(
  'Consent',
  closed(
    {
      version: Text({
        minLength: 1,
        maxLength: 60,
        description: '本人同意的授权文本版本 · version of the text agreed to',
        examples: ['gft-2025-1'],
      }),
      at: worded(Instant, '同意时间 · when'),
    },
    { description: '本人对查询的授权 · the consent of the person' },
  ),
);

const Purpose = named(
  'Purpose',
  closed(
    {
      code: words('PurposeOfQuestion', purposes, '查询目的 · purpose'),
      text: Text({
        minLength: 2,
        maxLength: 200,
        description: '具体事由，不得含姓名和身份号码 · what it is about, naming nobody',
        examples: ['居民到窗口询问第二季度补贴'],
      }),
    },
    { description: '工作人员查询辖区以外人员的目的 · why an officer asks about somebody out of their scope' },
  ),
);

export const asking = {
  identityNumber: IdentityNumber,
  name: Type.Optional(
    PersonalText({
      minLength: 1,
      maxLength: 50,
      description:
        '姓名，平台必填；与登记不符时按“未找到此人”回答 · name; a wrong one is answered like a person nobody knows',
    }),
  ),
  authentication: Type.Optional(Authentication),
  consent: Type.Optional(Consent),
  purpose: Type.Optional(Purpose),
};

/** The person and the grounds of a question. */
export const Asking = closed(asking);
export type Asking = Static<typeof Asking>;

/** The person of the contract's examples, logged in at a platform. */
export const askingExample = {
  identityNumber: '360299197205111035',
  name: '王建国',
  authentication: {
    method: 'provincial-identity',
    at: '2025-07-05T01:30:00Z',
    sessionId: 's-20250705-8f31c2',
  },
  consent: { version: 'gft-2025-1', at: '2025-07-05T01:30:00Z' },
};
