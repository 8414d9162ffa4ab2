// The purposes for which an officer may see a person's unmasked data.

import { words } from '../../platform/http/contract/schemas.ts';

/** A closed list: free text in the audit would sooner or later contain names. */
const revealPurposes = {
  'verify-identity': '核验申请人身份',
  'contact-applicant': '联系申请人',
  'check-account': '核对收款账户',
  'ask-register': '向登记机关核查数据',
  'answer-applicant': '答复申请人本人的查询',
  'legal-request': '依法协查',
} as const;

export const RevealPurpose = words('RevealPurpose', revealPurposes, '查看目的 · purpose');
