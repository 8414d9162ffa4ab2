// State transitions of a bar 取消申请补贴资格. Pure.

export const barStates = {
  proposed: { title: '已报告虚假材料，待确认', next: '请听取当事人说明后，由报告人以外的人员确认或排除。' },
  'in-force': { title: '已取消申请补贴资格', next: '全部退还后，由未参与办理的审核人员说明理由予以解除。' },
  lifted: { title: '已解除', next: '申请人可以重新申请。' },
  dismissed: { title: '已排除', next: '申请资格不受影响。' },
} as const;
export type BarState = keyof typeof barStates;
