// Validates contact and agent: only at a counter, a phone or a contact, and an agent who is somebody else.

import type { ReadContext } from '../../platform/context.ts';
import type { FieldError } from '../../platform/problem.ts';
import { findPerson, identityNumberOf } from '../../registers/people/operations.ts';
import { fieldErrorsOfName } from '../../values/names.ts';
import { channels } from '../application/schemas.ts';
import type { ApplicationRow } from '../application/store.ts';
import type { ValidParts } from '../drafts/valid-parts.ts';

/** @param application the one to be changed; null for a new one */
export function agentErrors(
  { role }: ReadContext,
  { sent, contactName, agentName }: ValidParts,
  application: ApplicationRow | null,
): FieldError[] {
  const isOnline = application === null ? role === 'platform' : isOnlineChannel(application);
  const atCounter = (pointer: string): FieldError => ({
    pointer,
    code: 'counter-only',
    detail: '只有线下窗口新建的申请可以填写代办人和联系人，请到户籍所在街道（乡镇）的窗口办理。',
  });
  const [hasPhone, hasContact] = [sent.includes('phone'), sent.includes('contact')];
  const fieldErrors: FieldError[] = [];
  if (sent.includes('applicant') && !hasPhone && !hasContact) {
    const detail = '请填写申请人的手机号码或带区号的固定电话；都没有的，在线下窗口填写联系人。';
    fieldErrors.push({ pointer: '/body/applicant/phone', code: 'required', detail });
  }
  if (hasPhone && hasContact) {
    const detail = '申请人有电话的不填联系人，没有电话的只填联系人，请去掉一项。';
    fieldErrors.push({ pointer: '/body/applicant/contact', code: 'exactly-one', detail });
  }
  if (hasContact && isOnline) fieldErrors.push(atCounter('/body/applicant/contact'));
  if (sent.includes('agent') && isOnline) fieldErrors.push(atCounter('/body/agent'));
  if (contactName !== undefined)
    fieldErrors.push(...fieldErrorsOfName(contactName, '/body/applicant/contact/name'));
  if (agentName !== undefined) fieldErrors.push(...fieldErrorsOfName(agentName, '/body/agent/name'));
  return fieldErrors;
}

function isOnlineChannel({ channel }: ApplicationRow): boolean {
  return channels[channel].isOnline;
}

/** @param applicant the number that a new application states, as it was read */
export async function ownAgentErrors(
  context: ReadContext,
  agent: string,
  application: ApplicationRow | null,
  applicant: string | undefined,
): Promise<FieldError[]> {
  const person = application === null ? undefined : await findPerson(context, application.personId);
  const own = person === undefined ? applicant : identityNumberOf(context.encryption, person);
  if (agent !== own) return [];
  const detail = '代办人与申请人是同一人；本人办理的不填代办人。';
  return [{ pointer: '/body/agent/identityNumber', code: 'own-agent', detail }];
}
