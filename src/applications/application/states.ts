// The transition table of cases; lifecycle.ts alone applies it. Pure; a test compares its states with the CHECK
// constraint and the contract.

import type { Role } from '../../platform/access/actor.ts';

/** state → its name in Chinese, a text for the applicant, and who acts next. */
export const states = {
  draft: { title: '草稿', next: '请核对内容、上传材料后提交申请。', actor: '申请人' },
  submitted: { title: '已提交，待受理', next: '经办人员正在核对材料是否齐全。', actor: '经办人员' },
  'correction-requested': { title: '待补正', next: '请按一次性告知书逐项补正。', actor: '申请人' },
  'not-accepted': {
    title: '不予受理',
    next: '原因已告知户籍所在街道（乡镇），条件变化后可以重新申请。',
    actor: null,
  },
  accepted: { title: '已受理，待审核', next: '审核人员正在比对数据。', actor: '审核人员' },
  approved: {
    title: '审核通过',
    next: '等待名单核对和资金拨付，补贴将发放至社会保障卡账户。',
    actor: '就业创业服务中心',
  },
  refused: { title: '审核未通过', next: '仅取消此次申请资格，条件变化后可以重新申请。', actor: null },
  withdrawn: { title: '已撤回', next: '如仍需申请，请重新提出。', actor: null },
} as const satisfies Record<string, { title: string; next: string; actor: string | null }>;

export type ApplicationState = keyof typeof states;

export const applicationActs = [
  'submit',
  'requestCorrection',
  'accept',
  'decline',
  'approve',
  'refuse',
  'undo',
  'withdraw',
] as const;
export type ApplicationAct = (typeof applicationActs)[number];

interface Transition {
  readonly from: readonly ApplicationState[];
  readonly to: ApplicationState;
  readonly by: readonly Role[];
}

export const transitions: Readonly<Record<ApplicationAct, Transition>> = {
  submit: {
    from: ['draft', 'correction-requested'],
    to: 'submitted',
    by: ['platform', 'street-officer'],
  },
  requestCorrection: { from: ['submitted'], to: 'correction-requested', by: ['handler'] },
  decline: { from: ['submitted'], to: 'not-accepted', by: ['handler'] },
  accept: { from: ['submitted'], to: 'accepted', by: ['handler'] },
  approve: { from: ['accepted'], to: 'approved', by: ['reviewer'] },
  refuse: { from: ['accepted'], to: 'refused', by: ['reviewer'] },
  undo: { from: ['approved', 'refused'], to: 'accepted', by: ['reviewer'] },
  withdraw: {
    from: ['draft', 'submitted', 'correction-requested', 'accepted'],
    to: 'withdrawn',
    by: ['platform', 'street-officer'],
  },
};

/** The state that an act leads to in this role, or null if it is not allowed. */
export function next(
  from: ApplicationState,
  act: ApplicationAct,
  role: Role | 'service',
): ApplicationState | null {
  const transition = transitions[act];
  return transition.from.includes(from) && role !== 'service' && transition.by.includes(role)
    ? transition.to
    : null;
}
