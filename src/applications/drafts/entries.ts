// What was entered in a case, to be entered again in another one.

import type { ReadContext } from '../../platform/context.ts';
import { findPerson, identityNumberOf } from '../../registers/people/operations.ts';
import { agentsOf } from '../agents/agents.ts';
import { payeeOf } from '../application/payee.ts';
import type { ApplicationRow } from '../application/store.ts';
import type { CreateApplication } from './schemas.ts';

/** Applicant, account and work of a case: name and account as they are paid now. An agent has a new mandate to bring. */
export async function entriesOf(
  context: ReadContext,
  application: ApplicationRow,
): Promise<Pick<CreateApplication, 'applicant' | 'account' | 'work'>> {
  const { personId, applicationId, workKind, workSince, workPlace } = application;
  const person = await findPerson(context, personId);
  if (person === undefined) throw new Error(`application ${applicationId} has no person`);
  const { name, bank, accountNumber } = await payeeOf(context, application);
  const place = { table: 'application', column: 'phone_encrypted', row: `${personId} ${applicationId}` };
  const phone = context.encryption.decrypt(application.phoneEncrypted, place);
  const { contact } = agentsOf(context, application);
  return {
    applicant: {
      identityNumber: identityNumberOf(context.encryption, person),
      name,
      ...(contact === null ? { phone } : { contact: { ...contact, phone } }),
    },
    account: { bank, number: accountNumber, holder: name },
    work: { kind: workKind as CreateApplication['work']['kind'], since: workSince, place: workPlace }, // as entered
  };
}
