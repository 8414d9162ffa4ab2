// After a person's death every payment that the bank does not have yet is held. It is made to an heir whom two officers
// have found, or the case is closed.

import { listCaseMaterials } from '../../applications/materials/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { Application } from '../../platform/database/tables.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { enrolPerson, holdPerson } from '../../registers/people/operations.ts';
import { type MaterialKind, materialTitles } from '../../rules/required-materials.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import { type IdentityNumber, readIdentityNumber } from '../../values/identity-number.ts';
import { maskNumber } from '../../values/mask.ts';
import { fieldErrorsOfName, normaliseName } from '../../values/names.ts';
import { dayInWords } from '../../values/wording.ts';
import { isStillHere, lockPaymentFile, setFileWithdrawn } from '../bank/store.ts';
import { advance, settleWhenEmpty, touch } from '../disbursement/lifecycle.ts';
import { type DisbursementRow, lockDisbursement, touchDisbursement } from '../disbursement/store.ts';
import { post } from '../ledger/operations.ts';
import { Tally } from '../ledger/tally.ts';
import { sumLines } from '../lines/page-store.ts';
import { atTheBank } from '../lines/states.ts';
import { holdLines, takeOutOfBatch } from '../lines/store.ts';
import {
  auditHeir,
  describeOne,
  lockedPayee,
  placeOf,
  propose,
  refuseLiving,
  targetOf,
} from '../payee-changes/lifecycle.ts';
import type { CloseAfterDeath, ProposeHeir } from './schemas.ts';
import { findDeath, listStoppedLines } from './store.ts';

/**
 * Holds every line of a person who died, or for an heir who died, that the bank does not have: waiting lines, and lines in
 * a file that nobody has downloaded. Such a file is withdrawn as a whole, and the payer creates a new one without the line. Must be called
 * before the person is locked. Returns the number of lines held.
 */
export async function holdLinesOfDead(context: WriteContext, personId: string): Promise<number> {
  const { tx } = context;
  const diedOn = await findDeath(tx, personId);
  if (diedOn === null) return 0;
  const disbursements = new Map<string, DisbursementRow>();
  for (const { disbursementId } of await listStoppedLines(tx, personId)) {
    const row = await lockDisbursement(tx, { relation: 'city' }, disbursementId);
    if (row !== undefined) disbursements.set(disbursementId, row);
  }
  const withdrawn = new Set<string>();
  let held = 0;
  // Reads again under the locks: a line that was waiting may be in a file by now.
  for (const line of await listStoppedLines(tx, personId)) {
    const { lineId, disbursementId, batchNumber } = line;
    const disbursement = disbursements.get(disbursementId);
    if (disbursement === undefined) continue;
    if (batchNumber !== null && !withdrawn.has(batchNumber)) {
      if (!(await withdrawFile(context, disbursement, batchNumber))) continue;
      withdrawn.add(batchNumber);
    }
    const who = line.personId === personId ? '申请人' : '领取人';
    const reason = `登记显示${who}已于${dayInWords(diedOn)}去世，须由经办机构确定领取人后再发放。`;
    await holdLines(tx, [{ personId: line.personId, lineId, reason }]);
    await context.audit({
      target: ['payment-line', lineId],
      personId: line.personId,
      change: { from: 'waiting', to: 'held', cause: 'death' },
    });
    const touched = await touchDisbursement(tx, disbursementId);
    disbursements.set(disbursementId, await settleWhenEmpty(context, touched));
    held += 1;
  }
  return held;
}

/**
 * Withdraws a batch's file, so that its lines wait again. Returns false if it was downloaded, because the bank may have
 * it.
 */
async function withdrawFile(
  context: WriteContext,
  disbursement: DisbursementRow,
  batchNumber: string,
): Promise<boolean> {
  const { tx } = context;
  const { disbursementId, agencyCode } = disbursement;
  await lockPaymentFile(tx, batchNumber);
  if (!(await isStillHere(tx, disbursementId, batchNumber))) return false;
  const sums = new Tally();
  sums.add(await takeOutOfBatch(tx, disbursementId, batchNumber));
  await setFileWithdrawn(tx, batchNumber, context.at.toString());
  const path = { agencyCode, disbursementId };
  await post(context, [
    ...sums.movements(path, 'in-payment', 'waiting'),
    ...sums.movements(path, 'cash-in-payment', 'unspent'),
  ]);
  const { lineCount } = await sumLines(tx, disbursementId, atTheBank);
  const change = { withdrawn: batchNumber };
  if (lineCount === 0) await advance(context, disbursement, 'withdrawFile', change);
  else await touch(context, disbursement, change);
  return true;
}

/**
 * Proposes who is paid what a person who died had earned: an heir or another payee, shown by a death certificate and by
 * what proves the relation. Nothing changes before another officer confirms it.
 *
 * @throws Problem not-found, state-conflict when no register tells of a death
 */
export async function proposeHeir(context: WriteContext, applicationId: string, body: ProposeHeir) {
  const { number, account, fieldErrors } = readHeir(context, body);
  const application = await lockedPayee(context, applicationId, '登记领取人');
  const { personId } = application;
  await refuseLiving(context, personId);
  fieldErrors.push(...(await papersMissing(context, application, body)));
  if (number !== null && account !== null && fieldErrors.length === 0) {
    const heirPersonId = await enrolPerson(context, number);
    if (heirPersonId === personId) fieldErrors.push(notTheApplicant);
    else if ((await findDeath(context.tx, heirPersonId)) !== null) fieldErrors.push(heirDied);
    await holdPerson(context, personId);
    if (fieldErrors.length === 0)
      return await proposeFound(context, application, body, { heirPersonId, number, account });
  }
  throw new Problem('invalid-fields', { fieldErrors });
}

async function proposeFound(
  context: WriteContext,
  application: Application,
  { heir, reason, deathCertificateId, relationProofId }: ProposeHeir,
  found: { heirPersonId: string; number: IdentityNumber; account: string },
) {
  const key = { personId: application.personId, payeeChangeId: context.newId() };
  const proposal = await propose(context, application, reason, {
    ...key,
    kind: 'heir',
    bank: heir.account.bank,
    accountEncrypted: context.encryption.encrypt(found.account, placeOf(key, 'account_encrypted')),
    accountMasked: maskNumber(found.account),
    nameEncrypted: context.encryption.encrypt(normaliseName(heir.name), placeOf(key, 'name_encrypted')),
    materialId: relationProofId,
    heirPersonId: found.heirPersonId,
    heirMasked: maskNumber(found.number.text),
    relation: heir.relation,
    deathCertificateId,
  });
  await context.audit({
    ...targetOf(proposal),
    change: {
      payeeChangeId: key.payeeChangeId,
      state: 'proposed',
      heir: { personId: found.heirPersonId, relation: heir.relation },
      account: context.encryption.digest('account', found.account).toString('hex'),
      materials: [deathCertificateId, relationProofId],
    },
  });
  await auditHeir(context, proposal);
  return await describeOne(context, proposal);
}

/**
 * Proposes to close an approved case after a death, because nobody is to be paid. Once another officer has confirmed it,
 * nothing more is paid of it, unless an heir is confirmed later.
 *
 * @throws Problem not-found, state-conflict when no register tells of a death, or the case is not approved
 */
export async function closeAfterDeath(context: WriteContext, applicationId: string, body: CloseAfterDeath) {
  const application = await lockedPayee(context, applicationId, '结案');
  await refuseLiving(context, application.personId);
  if (application.state !== 'approved') {
    const detail = '申请尚未审核，无需结案：家属不再申请的，请由街道（乡镇）撤回申请。';
    throw new Problem('state-conflict', { detail });
  }
  const payeeChangeId = context.newId();
  const proposal = await propose(context, application, body.reason, { kind: 'nobody', payeeChangeId });
  await context.audit({
    ...targetOf(proposal),
    change: { payeeChangeId, state: 'proposed', kind: 'nobody' },
  });
  return await describeOne(context, proposal);
}

const notTheApplicant: FieldError = {
  pointer: '/body/heir/identityNumber',
  code: 'heir-is-applicant',
  detail: '领取人不能是去世的申请人本人，请填写领取人的身份号码。',
};
const heirDied: FieldError = {
  pointer: '/body/heir/identityNumber',
  code: 'died',
  detail: '登记显示该领取人也已去世，请核实后填写其他领取人。',
};

/** Every fault of what is said of the heir. */
function readHeir({ today, settings }: WriteContext, { heir }: ProposeHeir) {
  const rules = { today, acceptTestPeople: settings.acceptTestPeople, acceptFifteenDigits: false };
  const number = readIdentityNumber(heir.identityNumber, '/body/heir/identityNumber', rules);
  const account = readAccountNumber(heir.account.number, '/body/heir/account/number');
  const fieldErrors: FieldError[] = [
    ...fieldErrorsOfName(heir.name, '/body/heir/name'),
    ...('fieldErrors' in number ? number.fieldErrors : []),
    ...('fieldErrors' in account ? account.fieldErrors : []),
  ];
  return {
    number: 'value' in number ? number.value : null,
    account: 'value' in account ? account.value.text : null,
    fieldErrors,
  };
}

/** The papers named that are not of the case and of the right kind, or were replaced. */
async function papersMissing(context: WriteContext, application: Application, body: ProposeHeir) {
  const supplied = await listCaseMaterials(context, application);
  const has = (id: string, kinds: readonly MaterialKind[]) =>
    supplied.some(({ materialId, kind }) => materialId === id && kinds.includes(kind)) &&
    !supplied.some(({ supersedes }) => supersedes === id);
  const missing = (
    field: 'deathCertificateId' | 'relationProofId',
    kinds: readonly MaterialKind[],
  ): FieldError[] => {
    if (has(body[field], kinds)) return [];
    const named = kinds.map((kind) => materialTitles[kind]).join('、');
    const detail = `应为本申请中未被替换的${named}；还没有的，请先上传。`;
    return [{ pointer: `/body/${field}`, code: 'no-such-paper', detail }];
  };
  return [
    ...missing('deathCertificateId', ['death-certificate']),
    ...missing('relationProofId', ['kinship-proof', 'notarised-document']),
  ];
}
