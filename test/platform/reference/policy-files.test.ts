// The files of reference/policy: all faults at once, and the form of each value, which proposals share.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { ProposePolicy } from '../../../src/platform/http/contract/policy-values.ts';
import { validatorOf } from '../../../src/platform/http/problems/validation.ts';
import { readPolicyFiles } from '../../../src/platform/reference/policy-files.ts';
import { changed, parameters } from '../../published-policies.ts';

const policyFolder = new URL('../../../reference/policy/', import.meta.url);

t.test('every fault of every policy file is told at once, and nothing is read', async (t) => {
  const folder = pathToFileURL(`${t.testdir({})}/`);
  copyFileSync(new URL('2025-01-01.json', policyFolder), new URL('2025-02-01.json', folder));
  const measure = JSON.parse(readFileSync(new URL('2024-12-06.json', policyFolder), 'utf8'));
  delete measure.values.firstMonth;
  measure.values.monthlyAmountFen.value = '50000';
  measure.values.cityCode.reasons = 'x';
  writeFileSync(new URL('2024-12-06.json', folder), JSON.stringify(measure));
  writeFileSync(new URL('2025-03-01.json', folder), '{');
  const message = (() => {
    try {
      readPolicyFiles(folder);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  })();
  for (const fault of [
    /2024-12-06\.json\/values\/monthlyAmountFen\/value: .* must be integer/,
    /2024-12-06\.json\/values\/cityCode: .* must NOT have additional properties .*reasons/,
    /2024-12-06\.json\/values\/firstMonth: .*missing/,
    /2025-02-01\.json\/from: /,
    /2025-03-01\.json: .* must be object/,
  ])
    t.match(message, fault);
});

t.test('each value has the form of its parameter', async (t) => {
  const judge = validatorOf(ProposePolicy);
  const isTaken = (values: object) => judge({ from: '2026-01-01', values: changed(values) }).length === 0;
  for (const [name, { values }] of Object.entries(parameters)) {
    t.ok(isTaken({ [name]: values.at(-1)?.value }), name);
    t.notOk(isTaken({ [name]: {} }), name);
  }
  const ages = { baseYears: 60, delay: { firstBirthMonth: '1966-01', everyMonths: 3, atMostMonths: 40 } };
  const forms: [name: string, taken: unknown[], refused: unknown[]][] = [
    ['monthlyAmountFen', [1, 60_000], [0, -1, 0.5, '1', null, true]],
    ['firstMonth', ['2025-01'], ['2025-13', '2025', '', 202_501, null]],
    ['womenCategory', ['F50', 'F55'], ['M60', 'F60', 50, null]],
    ['requiredInsurances', ['any', 'all', 'pension', 'medical'], ['both', '', null, true]],
    ['cityCode', ['3602'], ['36', '', '36a', 3602, null]],
    ['nearWindowIsStrict', [true, false], [0, 1, 'true', null]],
    ['nearCapMonths', [null, 0, 60], [-1, 1.5, '60', true]],
    ['claimDeadlineMonths', [null, 12], [-1, '12', false]],
    [
      'statutoryAges',
      [{ M60: ages, F55: ages, F50: { ...ages, delay: null } }],
      [
        null,
        { M60: ages, F55: ages },
        { M60: ages, F55: ages, F50: null },
        { M60: ages, F55: ages, F50: ages, F45: ages },
        { M60: ages, F55: ages, F50: { baseYears: 60 } },
        { M60: ages, F55: ages, F50: { ...ages, delay: 7 } },
      ],
    ],
  ];
  for (const [name, taken, refused] of forms) {
    for (const value of taken) t.ok(isTaken({ [name]: value }), `${name} ${JSON.stringify(value)}`);
    for (const value of refused) t.notOk(isTaken({ [name]: value }), `${name} ${JSON.stringify(value)}`);
  }
  t.notOk(isTaken({}), 'nothing is changed');
  t.notOk(isTaken({ monthlyAmount: 1 }), 'no such parameter');
  const { article: _, ...ungrounded } = changed({ monthlyAmountFen: 1 }).monthlyAmountFen ?? {};
  t.not(
    judge({ from: '2026-01-01', values: { monthlyAmountFen: ungrounded } }).length,
    0,
    'without an article',
  );
});
