// Log-in at the operator's issuer by authorization code with PKCE (RFC 7636), in a window of its own.

/**
 * Opens the issuer's log-in and returns its token.
 *
 * @param {Schema} scheme of the contract, with its authorizationCode flow
 * @returns {Promise<Schema>} the token answer
 * @throws {Error} with a sentence for the person
 */
export async function logInByCode(scheme) {
  const { authorizationUrl, tokenUrl, scopes } = scheme.flows.authorizationCode;
  if (!isSecureContext) throw new Error('请通过 https 打开本页后再登录。');
  const redirect = new URL('../login/after-login.html', document.baseURI).href;
  const verifier = randomText();
  const state = randomText();
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const common = { client_id: scheme['x-client-id'], redirect_uri: redirect, ...resourceOf(scheme) };
  const asked = {
    ...common,
    response_type: 'code',
    scope: Object.keys(scopes).join(' '),
    state,
    code_challenge: base64Url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  };
  const address = new URL(authorizationUrl);
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  const code = await codeFor(address.href, state, scheme['x-issuer']);
  const form = new URLSearchParams({
    ...common,
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
  });
  const answer = await fetch(tokenUrl, { method: 'POST', body: form }).catch(() => null);
  const token = await answer?.json().catch(() => null);
  if (answer?.ok !== true || typeof token?.access_token !== 'string')
    throw new Error(`签发者没有发放令牌：${token?.error_description ?? token?.error ?? '无法连接'}`);
  return token;
}

/**
 * Waits for the window to come back. An answer for another state, or of another issuer (RFC 9207), is not ours.
 *
 * @param {string} address @param {string} state @param {string} issuer
 * @returns {Promise<string>}
 */
function codeFor(address, state, issuer) {
  const channel = new BroadcastChannel('login');
  return new Promise((resolve, reject) => {
    channel.onmessage = ({ data }) => {
      const said = new URLSearchParams(String(data));
      if (said.get('state') !== state) return;
      const code = said.get('code');
      if ((said.get('iss') ?? issuer) !== issuer) reject(new Error('回答来自另一个签发者，请重新登录。'));
      else if (code !== null) resolve(code);
      else reject(new Error(`登录未完成：${said.get('error_description') ?? said.get('error')}`));
    };
    // Null also where the issuer cuts the tie between the windows; a blocked window is seen by the person.
    window.open(address, 'login', 'popup,width=600,height=720');
  }).finally(() => channel.close());
}

/** An audience that is a URI names the service as a resource (RFC 8707). @param {Schema} scheme */
function resourceOf(scheme) {
  const audience = String(scheme['x-audience']);
  return URL.canParse(audience) ? { resource: audience } : {};
}

function randomText() {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {Uint8Array} bytes */
function base64Url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
