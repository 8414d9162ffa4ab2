// What an access token says of its holder.

/** Roles in Chinese, as officers call them. */
const roleNames = new Map([
  ['platform', '平台'],
  ['provincial-system', '省级系统'],
  ['street-officer', '街道（乡镇）窗口'],
  ['handler', '经办'],
  ['reviewer', '审核'],
  ['payer', '发放'],
  ['finance', '财政'],
  ['auditor', '审计'],
  ['administrator', '系统管理'],
]);

/** @param {string} role */
export function roleName(role) {
  return roleNames.get(role) ?? role;
}

/** @typedef {{ id: string, name: string, roles: readonly string[] }} Holder */

/**
 * Whoever holds the token; null when it says nothing that can be read.
 *
 * @param {string} token
 * @returns {Holder | null}
 */
export function holderOf(token) {
  const claims = claimsOf(token);
  if (claims === null) return null;
  return {
    id: String(claims.sub ?? ''),
    name: String(claims.name ?? claims.sub ?? ''),
    roles: Array.isArray(claims.roles) ? claims.roles.map(String) : [],
  };
}

/** A line about whoever is logged in. @param {Holder | null} who */
export function whoIs(who) {
  if (who === null) return '已使用令牌';
  const roles = who.roles.map(roleName).join('、');
  return roles === '' ? who.name : `${who.name}（${roles}）`;
}

/** The claims of a JWT, unverified: the service verifies, a page only shows. @param {string} token */
function claimsOf(token) {
  try {
    const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
