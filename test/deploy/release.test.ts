// A release: one version everywhere, and its day in the changelog.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Versioned {
  readonly version: string;
}

const { version } = JSON.parse(read('package.json')) as Versioned;

t.test('package, lockfile, contract, image and changelog are of one version', async (t) => {
  const contract = parse(read('openapi.yaml')) as { readonly info: Versioned };
  const [, image] = /^ARG VERSION=(\S+)/m.exec(read('Dockerfile')) ?? [];
  const [newest] = read('CHANGELOG.md').matchAll(/^## (\S+) - /gm);
  t.strictSame(
    {
      lockfile: (JSON.parse(read('package-lock.json')) as Versioned).version,
      contract: contract.info.version,
      image,
      changelog: newest?.[1],
    },
    { lockfile: version, contract: version, image: version, changelog: version },
  );
});

t.test('each version of the changelog has its day, but one that is not released yet', async (t) => {
  const headings = read('CHANGELOG.md').match(/^## .*/gm) ?? [];
  t.ok(headings.length > 0);
  const [newest = '', ...earlier] = headings;
  t.match(newest, /^## \d+\.\d+\.\d+ - (Unreleased|\d{4}-\d\d-\d\d)$/);
  t.strictSame(
    earlier.filter((heading) => !/^## \d+\.\d+\.\d+ - \d{4}-\d\d-\d\d$/.test(heading)),
    [],
  );
  const days = headings.flatMap((heading) => heading.match(/\d{4}-\d\d-\d\d$/) ?? []);
  t.strictSame(days, days.toSorted().toReversed(), 'the newest first');
});
