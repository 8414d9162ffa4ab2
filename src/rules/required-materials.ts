// Which materials an application needs (article 四), and which are waived by a register. Pure.

import type { Month } from '../values/days.ts';
import { type Coverage, type Fact, holdsIn, type Kind } from './facts.ts';

export const applicationPapers = [
  'identity-card',
  'household-booklet',
  'flexible-employment-proof',
  'contribution-proof',
  'power-of-attorney',
  'signed-undertaking',
] as const;
export type ApplicationPaper = (typeof applicationPapers)[number];

/**
 * Not among the application's own materials: a consent allows a month to settle a debt instead of being paid; the
 * others show the death of an applicant and who is the heir, or are papers of an appeal.
 */
export const materialKinds = [
  ...applicationPapers,
  'set-off-consent',
  'death-certificate',
  'kinship-proof',
  'notarised-document',
  'appeal-paper',
] as const;
export type MaterialKind = (typeof materialKinds)[number];

/** These show the whole identity number: officers see them watermarked with the viewer's name. */
export const identityPapers: readonly string[] = [
  'identity-card',
  'household-booklet',
  'power-of-attorney',
  'signed-undertaking',
  'death-certificate',
  'kinship-proof',
  'notarised-document',
];

/** Of the person, and so of every case; the others are of one case alone. */
export const lastingPapers: readonly string[] = ['identity-card', 'household-booklet'];

export const materialTitles: Readonly<Record<MaterialKind, string>> = {
  'identity-card': '身份证复印件',
  'household-booklet': '户口本复印件（外省市迁入户籍人员）',
  'flexible-employment-proof': '灵活就业证明材料',
  'contribution-proof': '社会保险缴费证明材料',
  'power-of-attorney': '委托书（附代办人身份证复印件）',
  'signed-undertaking': '承诺书（申请人签名、按手印）',
  'set-off-consent': '抵扣同意书（本人签名）',
  'death-certificate': '死亡证明',
  'kinship-proof': '亲属关系证明',
  'notarised-document': '公证书或其他领取依据',
  'appeal-paper': '行政复议、信访、申诉文书',
};

/** What an agent hands in with the case. */
export const agentPapers = ['power-of-attorney', 'signed-undertaking'] as const satisfies ApplicationPaper[];

/** The kinds of records on which it depends what an application needs. */
export const waivingKinds = ['household', 'flexible-employment', 'contribution'] as const satisfies Kind[];

export interface RequiredMaterial {
  readonly kind: ApplicationPaper;
  /** The register that waives it; null when the applicant must supply it. */
  readonly waivedBy: Kind | null;
}

/**
 * The required materials for these months. A register waives one when it has a record for every claimed
 * month, or is complete through the last: then a copy would not change the result. For what an agent 代办人 hands in no
 * register vouches.
 */
export function requiredMaterials(
  months: readonly Month[],
  facts: readonly Fact[],
  coverage: Coverage,
  { hasAgent }: { readonly hasAgent: boolean } = { hasAgent: false },
): RequiredMaterial[] {
  const lastMonth = months.toSorted().at(-1) ?? '';
  const knows = (kind: Kind) => {
    const complete = (coverage[kind] ?? '') >= lastMonth;
    return (
      complete || months.every((month) => facts.some((fact) => fact.kind === kind && holdsIn(fact, month)))
    );
  };
  const waived = (kind: Kind) => (knows(kind) ? kind : null);
  const movedIn = facts.some(
    (fact) => fact.kind === 'household' && 'movedInFrom' in fact && isAnotherProvince(fact.movedInFrom),
  );
  return [
    { kind: 'identity-card', waivedBy: waived('household') },
    ...(movedIn ? [{ kind: 'household-booklet', waivedBy: null } as const] : []),
    { kind: 'flexible-employment-proof', waivedBy: waived('flexible-employment') },
    { kind: 'contribution-proof', waivedBy: waived('contribution') },
    ...(hasAgent ? agentPapers.map((kind) => ({ kind, waivedBy: null })) : []),
  ];
}

function isAnotherProvince(division: unknown): boolean {
  return typeof division === 'string' && !division.startsWith('36');
}
