// Backup and restore of a whole cluster, as `npm run drill:restore` rehearses them and deploy/backup does them. With the
// installed programs of PostgreSQL, because the packages have no pg_basebackup; skipped where there are none.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findPrograms } from '../../scripts/drill/cluster.ts';
import { drill } from '../../scripts/drill/drill.ts';
import { administer, withDatabase } from '../server.ts';

const scripts = join(import.meta.dirname, '../../deploy/backup');
const skip =
  findPrograms() === undefined ? 'no initdb and pg_basebackup here: apt-get install postgresql' : false;
const quietly = { people: 2, tell: (line: string) => t.comment(line) };

t.test(
  'a restore to a moment has what was there, lacks what came after, and pays nothing twice',
  { skip },
  async (t) => {
    const times = await drill(quietly);
    t.equal(times.length, 16);
  },
);

t.test(
  'a standby that was behind and is promoted has what it followed, and money that does not tie fails the drill',
  { skip },
  async (t) => {
    const spoil = async (url: string) => {
      const copy = withDatabase(url, 'subsidy');
      await administer(copy, 'alter table ledger_entry disable trigger append_only');
      await administer(copy, 'update ledger_entry set amount_fen = amount_fen + 1');
    };
    await t.rejects(drill({ ...quietly, promotes: true, spoil }), { message: /^reconcile 退出码 1，应为 0/ });
  },
);

t.test(
  'the archive takes a file once, takes it again unchanged, and never another one under its name',
  async (t) => {
    const folder = t.testdir({ 'a-file': 'one', another: 'two' });
    mkdirSync(join(folder, 'backup'));
    const archive = (file: string) =>
      spawnSync(join(scripts, 'archive-wal.sh'), [
        join(folder, 'backup'),
        join(folder, file),
        '000000010000000000000001',
      ]);
    t.equal(archive('a-file').status, 0);
    t.equal(archive('a-file').status, 0);
    t.equal(archive('another').status, 1);
    const kept = join(folder, 'backup/wal/000000010000000000000001');
    t.equal(readFileSync(kept, 'utf8'), 'one');
  },
);

t.test('a restore refuses a folder that is not empty, and a moment before every backup', async (t) => {
  const folder = t.testdir({ target: { 'a-file': '' }, empty: {}, base: { '20260302T013000Z': {} } });
  const restore = (moment: string, target: string) =>
    spawnSync(join(scripts, 'restore.sh'), [folder, moment, join(folder, target)], { encoding: 'utf8' });
  t.match(restore('latest', 'target').stderr, /is not empty/);
  t.match(restore('2026-03-02 09:30:00+08:00', 'empty').stderr, /no backup from before that moment/);
  writeFileSync(join(folder, 'empty', 'x'), '');
  t.match(restore('2026-03-02 09:30:01+08:00', 'empty').stderr, /is not empty/);
});
