// The token in use, and what it says of its holder.

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

/**
 * Whoever is logged in; null when nobody is, or when the token says nothing that can be read.
 *
 * @param {System} system
 * @returns {{ id: string, name: string, roles: readonly string[] } | null}
 */
export function holder(system) {
  const authorized = system.authSelectors.authorized()?.toJS() ?? {};
  for (const { token, value } of Object.values(authorized)) {
    const claims = claimsOf(String(token?.access_token ?? value ?? ''));
    if (claims === null) continue;
    return {
      id: String(claims.sub ?? ''),
      name: String(claims.name ?? claims.sub ?? ''),
      roles: Array.isArray(claims.roles) ? claims.roles.map(String) : [],
    };
  }
  return null;
}

/** The claims of a JWT, unverified: the service verifies, the page only shows. @param {string} token */
function claimsOf(token) {
  try {
    const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
