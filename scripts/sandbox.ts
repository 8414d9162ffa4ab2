// npm run sandbox -- clock [--by P30D | --to 2026-10-01]: what time a running sandbox has, and moves it ahead.
// npm run sandbox -- reset: empties this checkout's sandbox while it does not run.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OperatorError } from '../src/platform/operator-error.ts';
import { sandboxClockFile, sandboxClockPath } from '../src/sandbox/clock.ts';
import { removeEmbedded } from '../src/sandbox/embedded.ts';
import { sandboxUrl } from '../src/sandbox/issuer.ts';

/** Where `npm start` with the same variables listens, and keeps its data. */
const usualUrl = sandboxUrl(process.env['HOST'] ?? '127.0.0.1', process.env['PORT'] ?? '3000');
const dataDir = process.env['SUBSIDY_DATA_DIR'] ?? join(import.meta.dirname, '../.data');

const usage = `用法 · usage: npm run sandbox -- clock [--by P30D | --to 2026-10-01] [--url URL]
              npm run sandbox -- reset

clock  沙箱的时间；只能向前调，随后办理每晚的后台任务 · the time of a running sandbox; moves it ahead, then does what is done each night
reset  清空本目录的沙箱（先停止服务） · empties the sandbox of this folder; stop the service first

  --by DURATION  向前调多久，如 P30D、P3M、P5Y · how far ahead, such as P30D, P3M, P5Y
  --to DAY       调到哪一天早上，或带时区的时间 · to the morning of a day, or to a time with its zone
  --url URL      沙箱的地址，默认按 HOST 和 PORT，即 ${usualUrl} · where the sandbox is; follows HOST and PORT
  --help         显示本说明 · prints this`;
const timeoutMs = 10_000;

/** Reported without a stack. */
class Failure extends Error {}

async function main(): Promise<void> {
  const { does, by, to, url, help } = readArguments();
  if (help) return console.log(usage);
  if (does === 'clock') return console.log(await readOrMove(url, by, to));
  removeEmbedded(dataDir);
  rmSync(join(dataDir, sandboxClockFile), { force: true });
  console.log(
    `${dataDir}: 沙箱已清空，下次 npm start 重新建立 · the sandbox is empty; the next npm start makes it anew`,
  );
}

function readArguments() {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        by: { type: 'string' },
        to: { type: 'string' },
        url: { type: 'string', default: usualUrl },
        help: { type: 'boolean', default: false },
      },
    });
    const [does = '', ...more] = positionals;
    const isAsked = values.help || does === 'clock' || (does === 'reset' && !values.by && !values.to);
    if (!isAsked || more.length > 0 || !URL.canParse(values.url)) throw new Failure();
    return { ...values, does };
  } catch {
    throw new Failure(usage);
  }
}

/** One line: the day in Jingdezhen and the time. */
async function readOrMove(url: string, by: string | undefined, to: string | undefined): Promise<string> {
  const move = by === undefined && to === undefined ? undefined : JSON.stringify({ by, to });
  const request: RequestInit = { signal: AbortSignal.timeout(timeoutMs) };
  if (move !== undefined)
    Object.assign(request, { method: 'POST', body: move, headers: { 'content-type': 'application/json' } });
  const answer = await fetch(new URL(sandboxClockPath, url), request).catch(() => {
    throw new Failure(
      `${url}: 没有服务在运行，请先运行 npm start，或用 --url 指明地址 · ` +
        'nothing is serving; run npm start first, or name the address with --url',
    );
  });
  const { now, day, errors } = Object(await answer.json().catch(() => null));
  if (Array.isArray(errors) && errors.length > 0)
    throw new Failure(errors.map(({ detail }) => `${detail} · the clock did not move`).join('\n'));
  if (typeof now !== 'string' || typeof day !== 'string')
    throw new Failure(
      `${url}: 没有沙箱时钟 · has no sandbox clock: the sandbox is off, or this is not our service`,
    );
  return `${day}  ${now}`;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure || error instanceof OperatorError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
