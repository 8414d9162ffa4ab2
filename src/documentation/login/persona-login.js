// Log-in in the sandbox: its issuer grants a token to any of its personas.

/** @param {Schema} scheme of the contract, with its clientCredentials flow @returns {Promise<Schema[]>} */
export async function personasOf(scheme) {
  const answer = await fetch(
    new URL('personas', new URL(scheme.flows.clientCredentials.tokenUrl, location.href)),
  );
  return (await answer.json()).personas;
}

/**
 * A token of the sandbox's issuer.
 *
 * @param {Schema} scheme @param {string} persona @param {string} secret
 * @returns {Promise<Schema>} the token answer
 * @throws {Error} with a sentence for the person
 */
export async function tokenOfPersona(scheme, persona, secret) {
  const form = { grant_type: 'client_credentials', client_id: persona, client_secret: secret };
  const answer = await fetch(scheme.flows.clientCredentials.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const token = await answer.json();
  if (!answer.ok) throw new Error(`没有这个沙箱身份，或密钥不对：${token.error_description ?? token.error}`);
  return token;
}
