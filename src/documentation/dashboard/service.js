// Asks the service, as the person who is logged in: operations of the contract, one after the other, because the service runs
// one long operation of a person at a time.

const mostTries = 5;
const pauseMs = 1_000;

/** The person must log in again. */
export class LoggedOut extends Error {}

/** What the service says against it, in a sentence for the person. */
export class Refused extends Error {}

/**
 * @param {string} token
 * @param {AbortSignal} signal gives up what is under way
 */
export function askService(token, signal) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  /**
   * @param {string} path @param {Readonly<Record<string, string | null>>} query null: left out
   * @returns {Promise<Schema>}
   * @throws {LoggedOut | Refused}
   */
  return (path, query = {}) => {
    const asked = last.then(() => ask(path, query, token, signal));
    last = asked.catch(() => {});
    return asked;
  };
}

/**
 * @param {string} path @param {Readonly<Record<string, string | null>>} query
 * @param {string} token @param {AbortSignal} signal
 * @returns {Promise<Schema>}
 */
async function ask(path, query, token, signal) {
  const address = new URL(`../v1/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query))
    if (value !== null) address.searchParams.set(name, value);
  const headers = { authorization: `Bearer ${token}` };
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(address, { headers, signal }).catch((error) => {
      throw signal.aborted ? error : new Refused('连接不上服务，请检查网络后刷新本页。');
    });
    if (answer.ok) return await answer.json();
    if (answer.status === 401) throw new LoggedOut('登录已过期，请重新登录。');
    const isBusy = answer.status === 503 || answer.status === 429;
    if (!isBusy || tries === mostTries) throw new Refused(await reasonOf(answer));
    const seconds = Number(answer.headers.get('retry-after') ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * pauseMs));
  }
}

/** @param {Response} answer */
async function reasonOf(answer) {
  const problem = await answer.json().catch(() => ({}));
  const details = (problem.errors ?? []).map((/** @type {Schema} */ { detail }) => detail);
  return [problem.detail ?? `服务没有应答（${answer.status}）。`, ...details].join('');
}
