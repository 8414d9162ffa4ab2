// The permitted content of a correction request: everything at once; later only what could not have been seen before
// 一次性告知 (article 五.三). Pure.

import type { FieldError } from '../../platform/problem.ts';
import type { Kind } from '../../rules/facts.ts';
import {
  type ApplicationPaper,
  applicationPapers,
  type MaterialKind,
  materialTitles,
  type RequiredMaterial,
} from '../../rules/required-materials.ts';

/** The parts of an application that its applicant fills in and may change. */
export const entryTitles = {
  applicant: '申请人姓名和联系电话',
  household: '户籍所在街道（乡镇）',
  months: '申请月份',
  account: '社会保障卡账户',
  work: '灵活就业情况',
  undertaking: '承诺书',
} as const;
export type EntrySubject = keyof typeof entryTitles;

// Object.keys loses the literal names.
export const entrySubjects = Object.keys(entryTitles) as EntrySubject[];

export type CorrectionSubject = ApplicationPaper | EntrySubject;
export const correctionSubjects: readonly CorrectionSubject[] = [...applicationPapers, ...entrySubjects];

export const subjectTitles: Readonly<Record<CorrectionSubject, string>> = {
  ...materialTitles,
  ...entryTitles,
};

export interface Defect {
  readonly subject: CorrectionSubject;
  readonly materialId?: string | undefined;
  readonly recordId?: string | undefined;
  readonly problem: string;
  readonly remedy: string;
}

export interface ToCorrect {
  readonly subject: CorrectionSubject;
  readonly problem: string;
  readonly remedy: string;
  /** JSON pointer into the request; null for items that the service found. */
  readonly pointer: string | null;
  /** The material, record or coverage that shows it; null if there is none. */
  readonly basis: string | null;
}

export interface SuppliedPaper {
  readonly materialId: string;
  readonly kind: MaterialKind;
  readonly supersedes: string | null;
}

/** The registers that decide whether a paper is needed. */
const registersOf: Readonly<Record<ApplicationPaper, readonly Kind[]>> = {
  'identity-card': ['household'],
  'household-booklet': ['household'],
  'flexible-employment-proof': ['flexible-employment'],
  'contribution-proof': ['contribution'],
  'power-of-attorney': [],
  'signed-undertaking': [],
};

/** Every paper neither waived nor supplied. @param newest id of the newest record or coverage of these kinds */
export function missingPapers(
  required: readonly (RequiredMaterial & { supplied: boolean; title: string })[],
  newest: (kinds: readonly Kind[]) => string | null,
): ToCorrect[] {
  return required
    .filter(({ waivedBy, supplied }) => waivedBy === null && !supplied)
    .map(({ kind, title }) => ({
      subject: kind,
      problem: `缺少${title}，登记数据中也未能查到。`,
      remedy: `请上传${title}（JPEG、PNG 或 PDF），或到户籍所在地街道（乡镇）窗口提供。`,
      pointer: null,
      basis: newest(registersOf[kind]),
    }));
}

export function defectsToCorrect(defects: readonly Defect[]): ToCorrect[] {
  return defects.map(({ subject, problem, remedy, materialId, recordId }, index) => ({
    subject,
    problem,
    remedy,
    pointer: `/body/defects/${index}`,
    basis: materialId ?? recordId ?? null,
  }));
}

/** Errors for defects that name a missing or superseded material, or an unknown record. */
export function defectErrors(
  defects: readonly Defect[],
  papers: readonly SuppliedPaper[],
  recordIds: ReadonlySet<string>,
): FieldError[] {
  return defects.flatMap((defect, index) => {
    const at = `/body/defects/${index}`;
    const fieldErrors: FieldError[] = [];
    const isMaterial = defect.subject in materialTitles;
    if (defect.materialId !== undefined && !isCurrent(defect.materialId, defect.subject, papers)) {
      const detail = '不是本申请中该种类的有效材料（可能已被替换），请核对后填写。';
      fieldErrors.push({ pointer: `${at}/materialId`, code: 'unknown-material', detail });
    }
    if (isMaterial && defect.materialId === undefined) {
      const detail = '请指明有问题的材料；缺少的材料由系统自动列出，无需填写。';
      fieldErrors.push({ pointer: `${at}/materialId`, code: 'required', detail });
    }
    if (defect.recordId !== undefined && !recordIds.has(defect.recordId)) {
      const detail = '不是该申请人的登记记录，请核对后填写。';
      fieldErrors.push({ pointer: `${at}/recordId`, code: 'unknown-record', detail });
    }
    return fieldErrors;
  });
}

function isCurrent(
  materialId: string,
  subject: CorrectionSubject,
  papers: readonly SuppliedPaper[],
): boolean {
  const isReplaced = papers.some(({ supersedes }) => supersedes === materialId);
  return !isReplaced && papers.some((paper) => paper.materialId === materialId && paper.kind === subject);
}

/** Errors for items that could have been seen at the previous request. */
export function toldTooLate(items: readonly ToCorrect[], seenBefore: ReadonlySet<string>): FieldError[] {
  return items
    .filter(({ basis }) => basis === null || seenBefore.has(basis))
    .map(({ subject, pointer, basis }) => ({
      pointer: pointer ?? `/materials/${subject}`,
      code: 'could-have-been-seen',
      detail:
        basis === null
          ? `“${subjectTitles[subject]}”的问题须以上次告知以后新补充的材料或新到的登记记录为依据，请一并指明。`
          : `“${subjectTitles[subject]}”的问题在上次一次性告知时已可看到，不能再要求补正，请据现有材料办理。`,
    }));
}
