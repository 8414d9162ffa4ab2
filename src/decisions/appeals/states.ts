// The kinds, states and outcomes of appeals, with Chinese titles. Pure; a test compares them with the CHECK constraints.

export const appealKinds = {
  reconsideration: '行政复议（普通程序）',
  'simple-reconsideration': '行政复议（简易程序）',
  petition: '信访',
  objection: '申诉',
} as const;
export type AppealKind = keyof typeof appealKinds;

export const appealStates = {
  open: '办理中',
  decided: '已办结',
  withdrawn: '已撤回',
} as const;

export const appealOutcomes = {
  kept: '维持原决定',
  changed: '变更：已由新的决定代替，或追回已撤销',
  remade: '撤销：原决定已撤销，重新办理',
} as const;
export type AppealOutcome = keyof typeof appealOutcomes;
