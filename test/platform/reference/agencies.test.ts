// What papers say of each agency: a file for each, in versions by their first day, refused when it is wrong.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { agencies, agencyOn, readAgencies } from '../../../src/platform/reference/agencies.ts';

const known = agencyOn('360203', '2025-07-05');

/** Reads a folder that holds these files. */
function reading(t: Test, files: Readonly<Record<string, unknown>>, wanted: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'agencies-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [name, file] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(file));
  return readAgencies(pathToFileURL(`${folder}/`), wanted);
}

t.test('every agency of the city names who reviews its acts, and within which time', async (t) => {
  t.strictSame(
    [...agencies].map(([code, versions]) => [code, versions.at(-1)?.review.name]),
    [
      ['360202', '景德镇市昌江区人民政府'],
      ['360203', '景德镇市珠山区人民政府'],
      ['360222', '浮梁县人民政府'],
      ['360281', '乐平市人民政府'],
      ['3602G1', '景德镇市人民政府'],
      ['3602G2', '景德镇市人民政府'],
    ],
  );
  for (const [code, versions] of agencies)
    for (const { review, court } of versions)
      t.strictSame([review.withinDays, court.withinMonths], [60, 6], code);
});

t.test('a paper of a day follows the version in force on that day', async (t) => {
  const later = { ...known, from: '2026-01-01', court: { ...known.court, name: '景德镇市中级人民法院' } };
  const versions = reading(t, { '360203.json': { agency: '360203', versions: [known, later] } }).get(
    '360203',
  );
  t.strictSame(
    versions?.map(({ from, court }) => [from, court.name]),
    [
      ['2024-01-01', undefined],
      ['2026-01-01', '景德镇市中级人民法院'],
    ],
  );
  t.throws(() => agencyOn('360203', '2023-12-31'), /nothing is known of agency 360203 on 2023-12-31/);
});

t.test('a file that is malformed, misnamed, out of order or missing stops the start', async (t) => {
  const file = (versions: unknown[], agency = '360203') => ({ [`360203.json`]: { agency, versions } });
  const { review: _, ...without } = known;
  t.throws(() => reading(t, file([without])), /360203\.json: .*review/);
  t.throws(() => reading(t, file([{ ...known, motto: '' }])), /360203\.json: .*motto/);
  t.throws(() => reading(t, file([])), /360203\.json/);
  t.throws(() => reading(t, file([known], '360202')), /360203\.json is of agency 360202/);
  t.throws(() => reading(t, file([known, known])), /strictly later days/);
  t.throws(() => reading(t, file([known]), ['360203', '360281']), /no file for 360281/);
});
