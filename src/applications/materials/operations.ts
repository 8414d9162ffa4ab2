// Adds and reads materials. Nothing is overwritten: a new material names the one it supersedes.

import { officerOf } from '../../platform/access/actor.ts';
import { officerInWords } from '../../platform/access/officers.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { refuseTooManyReveals } from '../../registers/reveals/limits.ts';
import {
  type ApplicationPaper,
  applicationPapers,
  identityPapers,
  lastingPapers,
  type MaterialKind,
} from '../../rules/required-materials.ts';
import { setAnswered } from '../acceptance/store.ts';
import { describeMaterial, describeMaterials } from '../application/description.ts';
import { conflict, found, locked } from '../application/lifecycle.ts';
import type { ApplicationState } from '../application/states.ts';
import { type CaseKey, setFields } from '../application/store.ts';
import type { SuppliedMaterial } from './content.ts';
import type { Look } from './paper.ts';
import type { MaterialContentQuery } from './schemas.ts';
import { findMaterial, insertMaterial, listMaterials, type MaterialRow } from './store.ts';

const mostMaterials = 20;

const isApplicationPaper = (kind: MaterialKind): kind is ApplicationPaper =>
  applicationPapers.some((paper) => paper === kind);

/**
 * Consent to a set-off and an heir's papers concern months that are approved or may soon be; an identity card shows the
 * right name when the wrong one is noticed late.
 */
const statesThatTake = (kind: MaterialKind): readonly ApplicationState[] => {
  if (kind === 'appeal-paper') return ['not-accepted', 'accepted', 'approved', 'refused'];
  if (!isApplicationPaper(kind)) return ['submitted', 'correction-requested', 'accepted', 'approved'];
  const beforeAcceptance = ['draft', 'submitted', 'correction-requested'] as const;
  return kind === 'identity-card' ? [...beforeAcceptance, 'accepted', 'approved'] : beforeAcceptance;
};

/**
 * Adds a paper to a case that is not accepted yet; an identity card, the consent to a set-off and an heir's papers also
 * after approval, a paper of an appeal after any decision. Answers open correction items about its kind. May supersede a
 * material of the same kind.
 *
 * @throws Problem not-found, state-conflict, materials-full; and, from `readMaterial`, material-unsafe,
 *   file-too-complex
 */
export async function addMaterial(context: WriteContext, applicationId: string, material: SuppliedMaterial) {
  const application = await locked(context, applicationId);
  if (!statesThatTake(material.kind).includes(application.state))
    throw conflict(application.state, '补充材料');
  const { personId } = application;
  const supplied = await listMaterials(context.tx, application);
  if (supplied.length >= mostMaterials) throw new Problem('materials-full');
  refuseWrongReplacement(material, supplied);
  const materialId = context.newId();
  const { digest, kind, mediaType, content, supersedes } = material;
  const place = { table: 'material', column: 'content_encrypted', row: `${personId} ${materialId}` };
  const addedAt = context.at.toString();
  const sha256 = digest.toString('hex');
  const added = { materialId, kind, mediaType, byteLength: content.length, addedAt, supersedes };
  await insertMaterial(context.tx, {
    ...added,
    personId,
    applicationId,
    digest,
    contentEncrypted: context.encryption.encryptBytes(content, place),
    addedBy: officerOf(context.actor),
  });
  if (application.state === 'correction-requested' && isApplicationPaper(kind))
    await setAnswered(context.tx, application, [kind], addedAt);
  const { version: applicationVersion } = await setFields(context.tx, application);
  await context.audit({
    target: ['material', materialId],
    personId,
    change: { applicationId, kind, mediaType, supersedes, sha256 },
  });
  return { ...describeMaterial({ ...added, sha256 }), applicationVersion };
}

/** Copies a case's valid identity papers to a draft of the same person; other papers are about the months of their case. */
export async function copyIdentityPapers(context: WriteContext, from: CaseKey, to: CaseKey): Promise<void> {
  const { personId, applicationId } = to;
  const supplied = await listMaterials(context.tx, from);
  const placeOf = (materialId: string) => ({
    table: 'material',
    column: 'content_encrypted',
    row: `${personId} ${materialId}`,
  });
  for (const { materialId: copied, kind } of supplied) {
    if (!lastingPapers.includes(kind) || supplied.some(({ supersedes }) => supersedes === copied)) continue;
    const material = await findMaterial(context.tx, from, copied);
    if (material === undefined) throw new Error(`material ${copied} was listed`);
    const content = context.encryption.decryptBytes(material.contentEncrypted, placeOf(copied));
    const materialId = context.newId();
    await insertMaterial(context.tx, {
      ...material,
      materialId,
      applicationId,
      contentEncrypted: context.encryption.encryptBytes(content, placeOf(materialId)),
      supersedes: null,
      addedAt: context.at.toString(),
      addedBy: officerOf(context.actor),
    });
    await context.audit({
      target: ['material', materialId],
      personId,
      change: { applicationId, kind, copied },
    });
  }
}

/** A material without its content, as its case shows it. @throws Problem not-found */
export async function getMaterial(context: ReadContext, applicationId: string, materialId: string) {
  const application = await found(context, applicationId);
  const material = describeMaterials(await listMaterials(context.tx, application)).find(
    ({ id }) => id === materialId,
  );
  if (material === undefined) throw new Problem('not-found');
  context.shows([application.personId]);
  return material;
}

/** Throws unless the case is in scope. @throws Problem not-found */
export async function confirmCase(context: ReadContext, applicationId: string): Promise<void> {
  await found(context, applicationId);
}

/** The papers of a case, for callers outside this folder that refer to one. */
export async function listCaseMaterials(context: ReadContext, application: CaseKey): Promise<MaterialRow[]> {
  return await listMaterials(context.tx, application);
}

function refuseWrongReplacement(
  { kind, supersedes }: SuppliedMaterial,
  supplied: readonly MaterialRow[],
): void {
  if (supersedes === null) return;
  const replaced = supplied.find(({ materialId }) => materialId === supersedes);
  const isReplacedAlready = supplied.some((other) => other.supersedes === supersedes);
  if (replaced !== undefined && replaced.kind === kind && !isReplacedAlready) return;
  const detail = '应为本申请中同一种类、尚未被替换的材料，请核对后填写，或不填此项另加一份。';
  throw new Problem('invalid-fields', {
    fieldErrors: [{ pointer: '/body/supersedes', code: 'not-replaceable', detail }],
  });
}

/** The states in which a role reads identity papers without a purpose. A platform may always read what it supplied. */
const worksOn: Partial<Readonly<Record<WriteContext['role'], readonly string[]>>> = {
  'street-officer': ['draft', 'submitted', 'correction-requested'],
  handler: ['submitted', 'correction-requested', 'accepted'],
  reviewer: ['accepted'],
};

/**
 * A material as it was supplied; every reading is audited. Reading an identity paper outside of work on its case
 * requires a purpose and counts as a reveal. `stamp` is the watermark for an officer who reads an identity paper,
 * otherwise null.
 *
 * @throws Problem not-found; and, from the stamp, file-too-complex
 */
export async function getMaterialFile(
  context: WriteContext,
  applicationId: string,
  materialId: string,
  { purpose }: MaterialContentQuery,
) {
  const application = await found(context, applicationId);
  const { personId, state } = application;
  const material = await findMaterial(context.tx, application, materialId);
  if (material === undefined) throw new Problem('not-found');
  const isAtWork = context.scope.relation === 'own' || worksOn[context.role]?.includes(state) === true;
  const isIdentityPaper = identityPapers.includes(material.kind);
  if (!isAtWork && isIdentityPaper && purpose === undefined) throw purposeMissing();
  if (purpose !== undefined) await refuseTooManyReveals(context);
  const place = { table: 'material', column: 'content_encrypted', row: `${personId} ${materialId}` };
  const { kind, mediaType, contentEncrypted } = material;
  const content = context.encryption.decryptBytes(contentEncrypted, place);
  const stamp = isIdentityPaper && context.scope.relation !== 'own' ? lookOf(context) : null;
  await context.audit({
    target: ['material', materialId],
    personId,
    change: {
      applicationId,
      kind,
      read: true,
      watermarked: stamp !== null,
      ...(purpose === undefined ? {} : { purpose }),
    },
  });
  return { mediaType, content, stamp };
}

function lookOf({ reference, actor, at }: WriteContext): Look {
  const agency = actor.agency ?? '';
  const officer = officerInWords({ account: officerOf(actor), name: actor.name });
  return { officer, agencyName: reference.placeNames.get(agency) ?? agency, at: at.toString() };
}

function purposeMissing(): Problem {
  const detail = '本案不在您的办理环节，查看身份证件图像须填写查看目的，并计入查看次数。';
  return new Problem('invalid-fields', {
    fieldErrors: [{ pointer: '/query/purpose', code: 'required', detail }],
  });
}
