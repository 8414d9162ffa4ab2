// npm run token -- <persona> [--url http://127.0.0.1:3000]: asks a running sandbox for a persona's access token.
// Prints the token alone on stdout, so that it can stand in a command; everything else goes to stderr.

import { parseArgs } from 'node:util';
import { sandboxIssuerPath, sandboxSecret } from '../src/access/issuer.ts';

const usage = 'npm run token -- <persona> [--url http://127.0.0.1:3000]';
const timeoutMs = 10_000;

class Failure extends Error {}

async function main(): Promise<void> {
  const { persona, url } = readArguments();
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: persona,
    client_secret: sandboxSecret,
  });
  const response = await ask(new URL(`${sandboxIssuerPath}/token`, url), { method: 'POST', body: form });
  if (response.status === 401) throw new Failure(`没有测试人员 ${persona}。\n${await describePersonas(url)}`);
  if (response.status !== 200) {
    throw new Failure(
      `${url} 未签发令牌（${response.status}）：服务可能未启用沙箱（SUBSIDY_SANDBOX），或不是本服务。`,
    );
  }
  // The cast: the answer of this repository's own issuer.
  const { access_token: token } = (await response.json()) as { access_token: string };
  console.log(token);
}

function readArguments(): { persona: string; url: string } {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { url: { type: 'string', default: 'http://127.0.0.1:3000' } },
    });
    const [persona, ...more] = positionals;
    if (persona === undefined || more.length > 0 || !URL.canParse(values.url)) throw new Failure();
    return { persona, url: values.url };
  } catch {
    throw new Failure(`用法：${usage}\n例如：npm run token -- handler-360203`);
  }
}

async function ask(url: URL, request: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) });
  } catch {
    throw new Failure(`${url.origin} 没有服务在运行。请先运行 npm start，或用 --url 指明地址。`);
  }
}

async function describePersonas(url: string): Promise<string> {
  const response = await ask(new URL(`${sandboxIssuerPath}/personas`, url));
  // The cast: as above.
  const { personas } = (await response.json()) as { personas: { id: string; name: string }[] };
  return ['可用的测试人员：', ...personas.map(({ id, name }) => `  ${id.padEnd(24)}${name}`)].join('\n');
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
