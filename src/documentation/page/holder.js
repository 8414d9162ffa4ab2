// Who is logged in to the page, by the token in use.

import { holderOf } from '../login/token.js';

/**
 * Whoever is logged in; null when nobody is, or when the token says nothing that can be read.
 *
 * @param {System} system
 */
export function holder(system) {
  const authorized = system.authSelectors.authorized()?.toJS() ?? {};
  for (const { token, value } of Object.values(authorized)) {
    const who = holderOf(String(token?.access_token ?? value ?? ''));
    if (who !== null) return who;
  }
  return null;
}
