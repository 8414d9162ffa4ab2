// What the program loads to serve: a start stays short and its memory small while what few requests need waits for them.

import t, { type Test } from 'tap';
import { testDatabase } from '../database.ts';
import { dataFolder, serve } from '../program.ts';

/** Papers, tables, the contract, the metrics and traces: loaded by the first request, or in the threads that make them. */
const waiting = [
  '@cantoo/pdf-lib',
  '@expo-google-fonts/noto-serif-sc',
  '@fastify/swagger',
  '@opentelemetry',
  'fflate',
  'file-type',
  'fontkit',
  'pdfkit',
  'prom-client',
  'read-excel-file',
  'write-excel-file',
  'yaml',
];
/** One in ten more than there were when this was written. */
const mostModules = 1_850;

/** Has the program write what it loaded, a line each, when it ends. */
const telling = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
  process.on('exit', () => console.log(loaded.map((url) => 'loaded ' + url).join('\\n')));`;

/** The modules that the program has loaded when it has done `act`. */
async function loadedBy(test: Test, act: (url: string) => Promise<unknown>): Promise<readonly string[]> {
  const { serviceUrl } = await testDatabase(test);
  const service = await serve(test, {
    DATABASE_URL: serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataFolder(test),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(telling)}`,
  });
  await act(service.url);
  service.process.kill('SIGTERM');
  await service.exit;
  return service.lines.flatMap((line) => (line.startsWith('loaded ') ? [line.slice('loaded '.length)] : []));
}

const isOf = (name: string) => (url: string) => url.includes(`/node_modules/${name}/`);

t.test('a start loads none of what papers, tables, the contract, the metrics and traces need', async (t) => {
  const loaded = await loadedBy(t, async (url) => {
    t.equal((await fetch(`${url}/health/ready`)).status, 200);
  });
  t.ok(loaded.some(isOf('fastify')), 'the list is one');
  t.strictSame(
    waiting.filter((name) => loaded.some(isOf(name))),
    [],
  );
  t.ok(loaded.length < mostModules, `${loaded.length} modules`);
});

t.test('the generator of the contract is loaded when somebody asks for the contract', async (t) => {
  const loaded = await loadedBy(t, async (url) => {
    t.equal((await fetch(`${url}/openapi.json`)).status, 200);
  });
  t.ok(loaded.some(isOf('@fastify/swagger')));
});
