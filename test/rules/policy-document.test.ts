// docs/policy.md matches the code: compares its tables with parameters, checks and kinds.
// UPDATE_POLICY_DOCUMENT=1 writes the tables instead.

import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { catalogue, kindTitles } from '../../src/rules/policy/catalogue.ts';
import type { ParameterValues, StatutoryAges } from '../../src/rules/policy/parameters.ts';
import { parameters } from '../published-policies.ts';

const file = new URL('../../docs/policy.md', import.meta.url);

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function agesInWords(ages: StatutoryAges): string {
  const written = Object.entries(ages).map(([category, { baseYears, delay }]) => {
    if (delay === null) return `${category} ${baseYears}`;
    return `${category} ${baseYears} + 1 month per ${delay.everyMonths} from ${delay.firstBirthMonth}, at most ${delay.atMostMonths}`;
  });
  return written.join('; ');
}

function valueInWords(value: ParameterValues[keyof ParameterValues]): string {
  if (value === null) return 'none';
  if (typeof value === 'object') return agesInWords(value);
  return String(value);
}

function parameterTable(): string {
  const rows = Object.entries(parameters).flatMap(([name, { titleEn, title, judgedOn, values }]) =>
    values.map(({ value, from, article, source, reason, nationalOnly }) => {
      const mark = nationalOnly === true ? '°' : '';
      return row(
        `\`${name}\`${mark}`,
        `${titleEn} ${title}`,
        valueInWords(value),
        from,
        judgedOn,
        article,
        source,
        reason,
      );
    }),
  );
  const head = row('name', 'meaning', 'value', 'from', 'by the day of', 'article', 'source', 'reason');
  return [head, row(...Array(8).fill('---')), ...rows].join('\n');
}

function checkTable(): string {
  const rows = Object.entries(catalogue).map(([code, { group, article, title, titleEn, needs, meaning }]) =>
    row(
      `\`${code}\``,
      article,
      group,
      `${titleEn} ${title}`,
      needs.map((kind) => `\`${kind}\``).join(' ') || 'none',
      meaning.clear,
      meaning.hit,
      meaning.unknown,
    ),
  );
  const head = row('code', 'article', 'group', 'title', 'registers', 'clear', 'hit', 'unknown');
  return [head, row(...Array(8).fill('---')), ...rows].join('\n');
}

function kindTable(): string {
  const rows = Object.entries(kindTitles).map(([kind, title]) => row(`\`${kind}\``, title));
  return [row('kind', 'in Chinese'), row('---', '---'), ...rows].join('\n');
}

const tables = { parameters: parameterTable(), checks: checkTable(), kinds: kindTable() };

t.test('the tables of the policy document are those of the code', async (t) => {
  let written = readFileSync(file, 'utf8');
  for (const [name, table] of Object.entries(tables)) {
    const between = new RegExp(`<!-- ${name} -->\n([^]*?)\n?<!-- /${name} -->`);
    if (process.env['UPDATE_POLICY_DOCUMENT'] === '1') {
      written = written.replace(between, () => `<!-- ${name} -->\n${table}\n<!-- /${name} -->`);
      writeFileSync(file, written);
    }
    t.equal(between.exec(written)?.[1], table, name);
  }
});

t.test(
  'the policy document names every check, and every case of the measure that a check cites exists',
  async (t) => {
    const written = readFileSync(file, 'utf8');
    for (const [code, { article }] of Object.entries(catalogue)) {
      t.match(written, `\`${code}\``);
      t.match(
        article,
        /^第[一二三四五六七]条(第（[一二三四五]）项|第[1-7]项)?(、第[一二三四五六七]条(第（[一二三四五]）项|第[1-7]项)?)?$/,
      );
    }
  },
);
