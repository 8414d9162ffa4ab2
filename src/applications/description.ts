// A case as its readers see it: masked, in words, with what happens next.

import type { View } from '../act.ts';
import { findPerson, listOtherNames } from '../people/operations.ts';
import { readCoverage, readFacts } from '../records/operations.ts';
import { readAccountNumber } from '../rules/account-number.ts';
import { maskName } from '../rules/names.ts';
import type { SuppliedMaterial } from './material-content.ts';
import { materialTitles, requiredMaterials } from './materials.ts';
import { states } from './states.ts';
import { type ApplicationRow, listMaterials, listMonths } from './store.ts';

const accountLooksWrong = {
  pointer: '/account/number',
  code: 'luhn-fails',
  detail: '账号校验位不符，可能填错，请与申请人核对；确认无误可忽略。',
};

/** For officers only: a platform that guesses names must not be told which one a register has. */
async function otherNamesOf(view: View, { personId, clientId }: ApplicationRow, name: string) {
  if (view.sight.relation === 'own') return [];
  const others = await listOtherNames(view, personId, name);
  return others.map(({ source, nameMasked }) => {
    const who = source === `client:${clientId}` ? '本申请渠道此前填写' : `来源“${source}”登记`;
    const detail = `${who}的姓名（${nameMasked}）与申请人姓名不一致，请核对身份证件，必要时请来源更正。`;
    return { pointer: '/applicant/name', code: 'names-differ', detail };
  });
}

export async function materialsOf(view: View, application: ApplicationRow) {
  const { personId, applicationId, agencyCode, months } = application;
  const facts = await readFacts(view, personId);
  const coverage = await readCoverage(view, personId, agencyCode);
  const supplied = await listMaterials(view.tx, personId, applicationId);
  return requiredMaterials(months, facts, coverage).map((required) => ({
    ...required,
    title: materialTitles[required.kind],
    supplied: supplied.some((material) => material.kind === required.kind),
  }));
}

/** The case as its readers see it: masked, in words, with what happens next. */
export async function describe(view: View, application: ApplicationRow) {
  const { personId, applicationId } = application;
  const person = await findPerson(view.tx, personId);
  if (person === undefined) throw new Error(`application ${applicationId} has no person`);
  const open = (column: 'name_sealed' | 'phone_sealed' | 'account_sealed', sealed: Buffer) =>
    view.sealer.open(sealed, { table: 'application', column, row: `${personId} ${applicationId}` });
  const name = open('name_sealed', application.nameSealed);
  const claimed = await listMonths(view.tx, personId, applicationId);
  const account = readAccountNumber(open('account_sealed', application.accountSealed), '/account/number');
  const { title, next: nextStep, actor } = states[application.state];
  return {
    id: applicationId,
    version: application.version,
    caseNumber: application.caseNumber,
    state: application.state,
    progress: { title, next: nextStep, actor },
    personId,
    quarter: application.quarter,
    months: application.months.map((month) => {
      const row = claimed.find((claim) => claim.month === month);
      return { month, state: row?.state ?? ('draft' as const), amountFen: row?.amountFen ?? null };
    }),
    channel: application.channel,
    agencyCode: application.agencyCode,
    streetCode: application.streetCode,
    applicant: {
      name: maskName(name),
      identityNumber: person.identityMasked,
      phone: maskPhone(open('phone_sealed', application.phoneSealed)),
    },
    account: { bank: application.bank, number: application.accountMasked },
    work: { kind: application.workKind, since: application.workSince, place: application.workPlace },
    undertaking: {
      version: application.undertakingVersion,
      sha256: application.undertakingDigest.toString('hex'),
      signedAt: application.undertakingSignedAt,
      method: application.undertakingSignedHow,
    },
    materials: (await listMaterials(view.tx, personId, applicationId)).map(describeMaterial),
    materialsRequired: await materialsOf(view, application),
    warnings: [
      ...('value' in account && account.value.failsLuhn ? [accountLooksWrong] : []),
      ...(await otherNamesOf(view, application, name)),
    ],
    recordsChangedAt: application.recordsChangedAt,
    createdAt: application.createdAt,
    submittedAt: application.submittedAt,
    acceptedAt: application.acceptedAt,
    closedAt: application.closedAt,
  };
}

export function describeMaterial(material: {
  materialId: string;
  kind: SuppliedMaterial['kind'];
  mediaType: string;
  byteLength: number;
  digest: Buffer;
  addedAt: string;
}) {
  const { materialId, kind, mediaType, byteLength, digest, addedAt } = material;
  return { id: materialId, kind, mediaType, byteLength, sha256: digest.toString('hex'), addedAt };
}

function maskPhone(text: string): string {
  return `${text.slice(0, 3)}****${text.slice(-4)}`;
}
