// Shows personal data whole to those who need them, a few at a time and never without a trace; and tells afterwards who
// saw what of a person, when and why (个人信息保护法 第四十五条: the right to consult).

import { officerOf } from '../access/actor.ts';
import type { Act, View } from '../act.ts';
import { findLatestCase } from '../applications/operations.ts';
import type { Json } from '../database/tables.ts';
import { page, pageRequest } from '../http/paging.ts';
import { type Fault, Refusal } from '../http/problem.ts';
import { findPerson } from '../people/operations.ts';
import { isPersonInSight } from '../records/operations.ts';
import type { AccessReportQuery, Reveal, RevealableField, RevealPerson } from './schemas.ts';
import { listRevealTimes, listTraces, lockOfficer, type Trace } from './store.ts';

/** Enough for an officer's busiest hour at a counter, too little to carry a register away. */
export const revealsPerHour = 30;
const hourMs = 3_600_000;

/** What a street needs to tell somebody of a notice, and nothing for any other purpose. */
const streetFields: readonly RevealableField[] = ['name', 'phone'];
const streetPurpose: RevealPerson['purpose'] = 'contact-applicant';

/**
 * Shows fields of a person whole, as the newest submitted case in sight has them. A draft opens nobody's data: whoever
 * knows a number can write one.
 *
 * @throws Refusal `invalid-fields` (more than a street may see), `not-found`, `too-many-requests`
 */
export async function revealPerson(act: Act, personId: string, body: RevealPerson): Promise<Reveal> {
  const { fields, purpose } = body;
  const faults = act.sight.relation === 'street' ? faultsForStreet(body) : [];
  if (faults.length > 0) throw new Refusal('invalid-fields', { faults });
  const application = await findLatestCase(act.tx, act.sight, personId);
  const person = application && (await findPerson(act.tx, personId));
  if (application === undefined || person === undefined) throw new Refusal('not-found');
  await refuseTooMany(act);

  const { applicationId, caseNumber } = application;
  const ofCase = (column: 'name_sealed' | 'phone_sealed' | 'account_sealed', sealed: Buffer) =>
    act.sealer.open(sealed, { table: 'application', column, row: `${personId} ${applicationId}` });
  const whole: Record<RevealableField, () => string> = {
    identityNumber: () =>
      act.sealer.open(person.identitySealed, { table: 'person', column: 'identity_sealed', row: personId }),
    name: () => ofCase('name_sealed', application.nameSealed),
    phone: () => ofCase('phone_sealed', application.phoneSealed),
    account: () => ofCase('account_sealed', application.accountSealed),
  };
  await act.audit({
    target: ['person', personId],
    personId,
    change: { fields: [...fields].sort(), purpose, applicationId },
  });
  return {
    personId,
    applicationId,
    caseNumber,
    ...Object.fromEntries(fields.map((field) => [field, whole[field]()])),
  };
}

function faultsForStreet({ fields, purpose }: RevealPerson): Fault[] {
  const faults = fields.flatMap((field, index): Fault[] => {
    if (streetFields.includes(field)) return [];
    const detail = '街道（乡镇）只能查看姓名和手机号码，其他项目请由经办机构查看。';
    return [{ pointer: `/body/fields/${index}`, code: 'not-for-streets', detail }];
  });
  if (purpose !== streetPurpose) {
    const detail = '街道（乡镇）只能为联系申请人查看。';
    faults.push({ pointer: '/body/purpose', code: 'not-for-streets', detail });
  }
  return faults;
}

/** Counted in the audit itself, so that a restart or a second process does not begin anew. */
async function refuseTooMany(act: Act): Promise<void> {
  const officer = officerOf(act.actor);
  await lockOfficer(act.tx, officer);
  const since = act.at.subtract({ milliseconds: hourMs });
  const times = await listRevealTimes(act.tx, officer, since.toString(), revealsPerHour);
  const oldest = times[revealsPerHour - 1];
  if (oldest === undefined) return;
  const freeAtMs = Temporal.Instant.from(oldest).epochMilliseconds + hourMs;
  const seconds = Math.max(1, Math.ceil((freeAtMs - act.at.epochMilliseconds) / 1_000));
  const detail = `每名工作人员每小时最多查看 ${revealsPerHour} 次完整个人信息，请稍后再试；批量需要请联系管理员。`;
  throw new Refusal('too-many-requests', { detail, headers: { 'retry-after': String(seconds) } });
}

/** Operations that always send the same personal data out whole, beside revealPerson, which says which. */
const shownBy: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    getPaymentFile: ['name', 'account'],
    getMaterialContent: ['material'],
  }),
);

const traceKey = /^(\d{1,17}) (entry|look) (\d{1,16})$/;

/** Who acted on a person and saw what of them: oldest first. @throws Refusal `not-found` */
export async function getAccessReport(view: View, personId: string, query: AccessReportQuery) {
  if (!(await isPersonInSight(view.tx, view.sight, personId, view.today))) throw new Refusal('not-found');
  view.shows([personId]);
  const { items, next } = await pageOfTraces(view, personId, query);
  return { items: items.map(describe), next };
}

async function pageOfTraces(view: View, personId: string, query: AccessReportQuery) {
  const request = pageRequest(query, traceKey);
  const [, microseconds = '0', kind = '', id = '0'] = traceKey.exec(request.afterId ?? '') ?? [];
  const rows = await listTraces(view.tx, personId, { microseconds, kind, id }, request.limit + 1);
  return page(rows, request, (row) => `${row.microseconds} ${row.kind} ${row.id}`);
}

function describe(trace: Trace) {
  const { kind, id, at, operation, actor, clientId, role, agencyCode, requestId, sourceAddress } = trace;
  return {
    entryId: kind === 'entry' ? id : null,
    at,
    operation,
    officer: actor,
    clientId,
    role,
    agencyCode,
    target: { kind: trace.targetKind, id: trace.targetId },
    shown: shownIn(trace),
    facts: [...trace.facts],
    purpose: trace.purpose ?? revealIn(trace.change).purpose,
    requestId,
    sourceAddress,
  };
}

/** What went out whole. A line that was held back never reached the bank's file. */
function shownIn({ change, operation, isPaidThere }: Trace): string[] {
  return isPaidThere === false ? [] : [...revealIn(change).fields, ...(shownBy.get(operation) ?? [])];
}

function revealIn(change: Json): { fields: readonly string[]; purpose: string | null } {
  const isObject = typeof change === 'object' && change !== null && !Array.isArray(change);
  const { fields, purpose } = isObject ? change : {};
  return {
    fields: Array.isArray(fields) ? fields.map(String) : [],
    purpose: typeof purpose === 'string' ? purpose : null,
  };
}
