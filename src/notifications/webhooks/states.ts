// States of webhooks and deliveries, and why an attempt fails. The tables' CHECK constraints have the same lists. Pure.

export const webhookStates = { enabled: '启用', disabled: '已停用' } as const;

/** reason → its description in the contract. */
export const disabledReasons = {
  gone: '接收方返回 410 · the receiver answered 410 Gone',
  failing: '连续三天推送失败 · nothing was delivered for three days',
} as const;
export type DisabledReason = keyof typeof disabledReasons;

/** state → its description in the contract. */
export const deliveryStates = {
  waiting: '待推送 · to be sent, or to be sent again',
  delivered: '已送达 · the receiver answered 2xx',
  dead: '已停止重试，可重新推送 · given up; can be sent again',
} as const;
export type DeliveryState = keyof typeof deliveryStates;

/** cause → its description in the contract. */
export const failureCauses = {
  status: '状态码不是 2xx · another status than 2xx',
  redirect: '返回重定向（不跟随） · a redirect, which is not followed',
  gone: '返回 410 · 410 Gone',
  timeout: '十秒内未完成 · not finished within ten seconds',
  connection: '无法连接或连接中断 · no connection, or one that broke',
  name: '域名无法解析 · the name was not resolved',
  tls: '证书不受信任或 TLS 失败 · TLS failed, or the certificate is not trusted',
  address: '地址不允许访问 · the address may not be reached',
  interrupted: '推送中断，结果未知 · interrupted, with an unknown result',
} as const;
export type FailureCause = keyof typeof failureCauses;
