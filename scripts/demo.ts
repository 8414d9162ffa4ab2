// npm run demo [-- --url http://127.0.0.1:3000]: plays the second quarter of 2025 for a sandbox city, from
// registers to payments and one recovered month, over HTTP only, each actor with its own token. Without --url
// it starts the service on a fresh database and removes it afterwards. The last line of output is one line of
// JSON; any mismatch is reported and the exit code is 1.

import { parseArgs } from 'node:util';
import { readCity } from './demo/city.ts';
import { createClient, DemoError } from './demo/client.ts';
import { createPlay } from './demo/play.ts';
import { freshCity, isKnown, playQuarter } from './demo/quarter.ts';
import { type Service, startService } from './demo/service.ts';

const usage = `用法 · usage: npm run demo -- [--url URL [--once]] [--help]

不带参数时启动全新的服务和数据库，演示后删除 · without --url it plays on a fresh service, which is gone afterwards

  --url URL  在运行中的沙箱上演示，每次换新的人员 · plays against a running sandbox, with new people each time
  --once     演示 docs/sandbox.md 中的人员，已演示过的不再重复 · plays the people of docs/sandbox.md, once
  --help     显示本说明 · prints this`;

const brokenOff =
  '演示中断，这座城市只有一部分；停止服务，运行 npm run sandbox -- reset，再启动 · ' +
  'broken off, and only part of the city is there: stop the service, run npm run sandbox -- reset, and start it again';

async function main(): Promise<void> {
  const { url, once, help } = readArguments();
  if (help) return console.log(usage);
  const service = url === undefined ? await start() : { url, stop: async () => {} };
  try {
    const client = createClient(service.url);
    const city = url === undefined || once ? readCity(0) : await freshCity(client);
    if (once && (await isKnown(client, city)))
      return console.log('这座城市已经演示过 · this city has been played already');
    const play = createPlay(city, client, (line) => console.log(line));
    const totals = await playQuarter(play).catch((error: unknown) => {
      if (once) console.error(brokenOff);
      throw error;
    });
    for (const fieldError of play.fieldErrors) console.error(`不符 · does not tie: ${fieldError}`);
    console.log(JSON.stringify(totals));
    if (play.fieldErrors.length > 0) process.exitCode = 1;
  } finally {
    await service.stop();
  }
}

async function start(): Promise<Service> {
  console.log('启动服务和全新的数据库 · starting the service on a fresh database');
  const starting = startService();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      starting.then((service) => service.stop()).finally(() => process.exit(130));
    });
  }
  return await starting;
}

function readArguments(): { url: string | undefined; once: boolean; help: boolean } {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const options = { url: { type: 'string' }, once: flag, help: flag } as const;
    const { values } = parseArgs({ options });
    if (values.url !== undefined && !URL.canParse(values.url)) throw new DemoError(usage);
    return { url: values.url, once: values.once, help: values.help };
  } catch {
    throw new DemoError(usage);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof DemoError ? error.message : error);
  process.exitCode = 1;
}
