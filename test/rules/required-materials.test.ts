// Which materials an application needs, and which a register waives.

import t from 'tap';
import type { Fact } from '../../src/rules/facts.ts';
import { requiredMaterials } from '../../src/rules/required-materials.ts';

const months = ['2025-04', '2025-05'];
const own = ['identity-card', 'flexible-employment-proof', 'contribution-proof'];

function needed(facts: readonly Fact[], ...more: readonly [Parameters<typeof requiredMaterials>[3]?]) {
  return requiredMaterials(months, facts, {}, ...more).map(({ kind }) => kind);
}

function household(movedInFrom: string): Fact {
  const fact = {
    kind: 'household' as const,
    id: 'h',
    from: '2020-01-01',
    to: null,
    street: '360203007',
    movedInFrom,
  };
  return fact; // as a snapshot has it, with more than the checks read
}

t.test('a register waives a paper by its coverage, or by records of every month', async (t) => {
  const worked = (from: string): Fact => ({ kind: 'flexible-employment', id: 'f', from, to: null });
  const waived = (facts: readonly Fact[]) =>
    requiredMaterials(months, facts, { household: '2025-05' }).map(({ waivedBy }) => waivedBy);
  t.strictSame(waived([worked('2025-04-01')]), ['household', 'flexible-employment', null]);
  t.strictSame(waived([worked('2025-05-01')]), ['household', null, null]);
  t.strictSame(needed([]), own);
});

t.test('whoever moved in from another province shows the household booklet', async (t) => {
  const [card = '', ...others] = own;
  t.strictSame(needed([household('330102')]), [card, 'household-booklet', ...others]);
  t.strictSame(needed([household('360102')]), own);
});

t.test(
  'an agent brings a power of attorney and the signed undertaking, which no register waives',
  async (t) => {
    const papers = ['power-of-attorney', 'signed-undertaking'];
    t.strictSame(needed([], { hasAgent: true }), [...own, ...papers]);
    const waived = requiredMaterials(months, [], {}, { hasAgent: true }).slice(-2);
    t.strictSame(
      waived,
      papers.map((kind) => ({ kind, waivedBy: null })),
    );
  },
);
