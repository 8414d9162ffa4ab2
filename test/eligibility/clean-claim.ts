// The rules' input for a person with complete data for whom every month of 2025Q2 is payable. Contains no test.

import type { Claim } from '../../src/rules/assess.ts';
import { type Coverage, type Fact, kinds } from '../../src/rules/facts.ts';

export const fullyCovered: Coverage = Object.fromEntries(kinds.map((kind) => [kind, '2025-06']));

export function residentOf(day: string): Claim {
  const months = ['2025-04', '2025-05', '2025-06'];
  const contributions = months.map(
    (month): Fact => ({
      id: `paid-${month}`,
      kind: 'contribution',
      month,
      scheme: 'employees',
      insurance: 'pension',
      payer: 'individual',
      refunded: false,
      from: `${month}-01`,
      to: null,
    }),
  );
  return {
    person: { sex: 'M', born: '1972-05-11', residencePermit: false },
    term: null,
    liveMonths: [],
    usedMonths: 0,
    months,
    submittedOn: day,
    decidedOn: day,
    facts: [
      { id: 'home', kind: 'household', from: '1990-01-01', to: null, street: '360203007' },
      { id: 'jobless', kind: 'unemployment-registration', from: '2023-06-01', to: '2024-02-29' },
      {
        id: 'recognised',
        kind: 'hardship-recognition',
        from: '2024-01-10',
        to: null,
        category: 'long-term-unemployed-4050',
      },
      { id: 'flexible', kind: 'flexible-employment', from: '2024-03-01', to: null },
      ...contributions,
    ],
    coverage: fullyCovered,
  };
}
