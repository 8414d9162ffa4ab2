// Example deliveries for the contract: one person's records before a case, and a later change after it was paid.

import { exampleCoverage } from '../../platform/http/contract/contract.ts';
import { type Kind, kinds } from '../../rules/facts.ts';

const person = { identityNumber: '360299197205111035', name: '王建国', version: 1 };

const held = (kind: Kind, key: string, more: object) => ({ kind, sourceKey: key, ...person, ...more });

const contribution = (month: string, more: object = {}) => ({
  ...held('contribution', `JF-0001-${month}`, { month, scheme: 'employees', insurance: 'pension' }),
  payer: 'individual',
  refunded: false,
  ...more,
});

export const deliveryExamples = {
  registers: {
    summary: '登记数据和完整性声明 · what the registers know, and how far',
    value: {
      source: 'jx-human-resources',
      rows: [
        held('household', 'HJ-0001', { from: '1990-01-01', street: '360203007' }),
        held('unemployment-registration', 'SY-0001', { from: '2023-06-01', to: '2024-02-29' }),
        held('hardship-recognition', 'RD-0001', {
          from: '2024-01-10',
          category: 'long-term-unemployed-4050',
        }),
        held('flexible-employment', 'LH-0001', { from: '2024-03-01' }),
        contribution('2025-04'),
        contribution('2025-05'),
        contribution('2025-06'),
      ],
      coverage: kinds.map((kind) => ({ kind, ...exampleCoverage })),
    },
  },
  later: {
    summary: '发放之后的数据：退费、单位参保 · after the payment: a refund, an employer',
    value: {
      source: 'jx-human-resources',
      rows: [
        contribution('2025-05', { version: 2, refunded: true }),
        held('employer-insurance', 'DW-0001', { from: '2025-06-02', to: '2025-06-30' }),
      ],
    },
  },
};
