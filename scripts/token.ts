// npm run token -- <persona> [--url http://127.0.0.1:3000]: requests a persona's access token from a running
// sandbox. Prints only the token on stdout, everything else on stderr. npm itself prints a banner on stdout,
// which -s removes:
// TOKEN=$(npm run -s token -- handler-360203)

import { parseArgs } from 'node:util';
import { decodeJwt } from 'jose';
import { sandboxAudience, sandboxIssuerPath, sandboxSecret, sandboxUrl } from '../src/sandbox/issuer.ts';

/** Where `npm start` with the same variables listens. */
const usualUrl = sandboxUrl(process.env['HOST'] ?? '127.0.0.1', process.env['PORT'] ?? '3000');
const usage = `用法 · usage: npm run token -- <persona> [--url URL] [--help]

从运行中的沙箱取得一个测试人员的令牌，stdout 只有令牌 · a persona's access token from a running sandbox, alone on stdout
例如 · for example: TOKEN=$(npm run -s token -- handler-360203)

  --url URL  沙箱的地址，默认按 HOST 和 PORT，即 ${usualUrl} · where the sandbox is; follows HOST and PORT
  --help     显示本说明 · prints this`;
const timeoutMs = 10_000;

/** Reported without a stack. */
class Failure extends Error {}

async function main(): Promise<void> {
  const { persona, url, help } = readArguments();
  if (help) return console.log(usage);
  const form = { grant_type: 'client_credentials', client_id: persona, client_secret: sandboxSecret };
  const answer = await ask(url, 'token', { method: 'POST', body: new URLSearchParams(form) });
  if (answer['error'] === 'invalid_client') {
    throw new Failure(
      `没有测试人员 ${persona}，可用的如下 · there is no persona ${persona}; there are:\n${await describePersonas(url)}`,
    );
  }
  const token = answer['access_token'];
  if (typeof token !== 'string' || !isOfSandbox(token)) throw notOurs(url);
  console.log(token);
}

/** Another service may answer there, and with a token of its own. */
function isOfSandbox(token: string): boolean {
  try {
    return decodeJwt(token).aud === sandboxAudience;
  } catch {
    return false;
  }
}

function readArguments(): { persona: string; url: string; help: boolean } {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        url: { type: 'string', default: usualUrl },
        help: { type: 'boolean', default: false },
      },
    });
    const [persona, ...more] = positionals;
    if (values.help) return { persona: '', url: values.url, help: true };
    if (persona === undefined || more.length > 0 || !URL.canParse(values.url)) throw new Failure();
    return { persona, url: values.url, help: false };
  } catch {
    throw new Failure(usage);
  }
}

async function ask(url: string, path: string, request: RequestInit = {}): Promise<Record<string, unknown>> {
  const address = new URL(`${sandboxIssuerPath}/${path}`, url);
  const response = await fetch(address, { ...request, signal: AbortSignal.timeout(timeoutMs) }).catch(() => {
    throw new Failure(
      `${address.origin}: 没有服务在运行，请先运行 npm start，或用 --url 指明地址 · ` +
        'nothing is serving; run npm start first, or name the address with --url',
    );
  });
  try {
    // The cast: only single properties are read, each checked.
    return Object((await response.json()) as unknown) as Record<string, unknown>;
  } catch {
    throw notOurs(url);
  }
}

function notOurs(url: string): Failure {
  return new Failure(
    `${url}: 不签发沙箱令牌，沙箱未启用（SUBSIDY_SANDBOX），或这不是本服务 · ` +
      'gives no sandbox tokens: the sandbox is off (SUBSIDY_SANDBOX), or this is not our service',
  );
}

async function describePersonas(url: string): Promise<string> {
  const { personas } = await ask(url, 'personas');
  if (!Array.isArray(personas)) throw notOurs(url);
  return personas.map(({ id, name }) => `  ${String(id).padEnd(24)}${name}`).join('\n');
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
