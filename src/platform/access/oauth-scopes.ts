// The closed list of OAuth 2.0 scopes: one for each family of operations, with reading apart from writing
// where the trust differs. permissions.ts says which operation needs which scope; the role must permit it as
// well.

/** scope → what it allows, Chinese first. Shown in the contract and in Swagger UI's log-in dialog. */
export const oauthScopes = {
  eligibility: '资格预审和政策查询 · Check eligibility, read policies',
  'people:look-up': '按完整身份证号查找人员、查看待遇享受情况 · Look up a person, read the entitlement',
  'people:reveal': '查看完整个人信息（留痕） · See personal data whole, with a trace',
  'records:deliver': '报送登记数据 · Deliver records and coverage',
  'records:import': '导入历史享受记录 · Import what was granted earlier or elsewhere',
  'records:read': '查看登记数据（脱敏） · Read what the registers said of a person',
  'applications:write': '提出、补正、受理申请 · Create, correct and accept applications',
  'applications:read': '查看申请和材料 · Read applications and materials',
  decisions: '比对、审核办结 · Compare and decide',
  'decisions:read': '重演决定、查看复核和审核依据 · Replay decisions, read quality reviews and reasons',
  'decisions:export':
    '省级系统读取决定和发放结果（完整个人信息，留痕） · Read decisions and payments with whole personal data',
  'disbursements:write': '组织发放、核对名单、拨付资金、登记结果 · Run disbursements',
  'disbursements:read': '查看发放批次和资金对账 · Read disbursements and the reconciliation',
  'recoveries:write': '追回补贴 · Confirm, dismiss and settle recoveries',
  'recoveries:read': '查看追回 · Read recoveries',
  statistics: '查看统计和资金预测 · Read figures and the forecast of the money',
  'events:read': '接收案件事件 · Hear what happened to cases',
  'webhooks:manage': '登记事件推送地址、查看推送情况 · Have events sent to an address, see what was sent',
  'api-clients:manage': '登记签名接入方、更换密钥 · Register API clients, change their keys',
  'audit:read': '查看和校验审计记录 · Read and verify the audit',
  notices: '查看告知书、登记告知情况 · Read notices, record how they were told',
  configuration: '维护工作日历等系统配置 · Maintain the working calendar and other configuration',
} as const;

export type OAuthScope = keyof typeof oauthScopes;
