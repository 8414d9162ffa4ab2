// Finds people in scope, and shows a person on one page: cases, months, money, recoveries, notices and the term.

import { findLatestCase } from '../../applications/application/lifecycle.ts';
import { moneyOf } from '../../applications/application/money.ts';
import { listApplications } from '../../applications/application/operations.ts';
import { applicantName, applicantNames } from '../../applications/application/payee.ts';
import { readEntitlement } from '../../eligibility/operations.ts';
import { nobody, refuseUnasked } from '../../eligibility/questions/asking.ts';
import { listNotices } from '../../notifications/notices/operations.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { maximumPageSize, page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { findPerson, findPersonByIdentity, listMaskedNumbers } from '../../registers/people/operations.ts';
import { isPersonInScope } from '../../registers/records/operations.ts';
import { fieldErrorsOfCaseNumber } from '../../values/case-number.ts';
import { readIdentityNumber } from '../../values/identity-number.ts';
import { fieldErrorsOfName, normaliseName } from '../../values/names.ts';
import { listRecoveries } from '../recoveries/operations.ts';
import { sumMoney } from './money.ts';
import type { FindPeople, FindPeopleQuery } from './schemas.ts';
import * as store from './store.ts';

/**
 * The people in scope with this name, case number or whole identity number. A name is compared by its keyed hash, as any
 * register or form spells it. The whole number also finds somebody whose household is in scope and who has no case;
 * whoever is out of scope is answered like somebody whom nobody knows.
 *
 * @throws Problem invalid-fields
 */
export async function findPeople(context: WriteContext, body: FindPeople, query: FindPeopleQuery) {
  const { identity, fieldErrors } = readSought(context, body);
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const request = pageRequest(query);
  const { name, caseNumber } = body;
  const personId = identity === null ? undefined : await findPersonByIdentity(context, identity);
  const sought = {
    ...(name === undefined ? {} : { nameHash: context.encryption.digest('name', normaliseName(name)) }),
    ...(caseNumber === undefined ? {} : { caseNumber }),
    ...(personId === undefined ? {} : { personId: personId ?? nobody }),
  };
  const people = page(
    await store.findPeople(context.tx, context.scope, sought, request),
    request,
    (id) => id,
  );
  const isSoughtByNumberAlone = Object.keys(body).length === 1 && request.afterId === null;
  const isKnownWithoutCase =
    people.items.length === 0 &&
    personId &&
    isSoughtByNumberAlone &&
    (await isPersonInScope(context, personId));
  const items = await describeFound(context, isKnownWithoutCase ? [personId] : people.items);
  context.shows(items.map((found) => found.personId));
  // No hash of what was asked: the audit holds nothing that could be tried out.
  await context.audit({
    target: ['people-search', context.newId()],
    change: { by: Object.keys(body).sort(), found: items.length },
  });
  return { items, next: people.next };
}

/** Every fault of a search at once. */
function readSought(context: ReadContext, { name, caseNumber, identityNumber }: FindPeople) {
  const fieldErrors: FieldError[] = name === undefined ? [] : fieldErrorsOfName(name, '/body/name');
  if (caseNumber !== undefined) fieldErrors.push(...fieldErrorsOfCaseNumber(caseNumber, '/body/caseNumber'));
  if (identityNumber === undefined) return { identity: null, fieldErrors };
  const { today, settings } = context;
  const rules = { today, acceptTestPeople: settings.acceptTestPeople, acceptFifteenDigits: false };
  const reading = readIdentityNumber(identityNumber, '/body/identityNumber', rules);
  if ('value' in reading) return { identity: reading.value, fieldErrors };
  return { identity: null, fieldErrors: [...fieldErrors, ...reading.fieldErrors] };
}

async function describeFound(context: ReadContext, personIds: readonly string[]) {
  const [numbers, found] = await Promise.all([
    listMaskedNumbers(context, personIds),
    store.listCasesOf(context.tx, context.scope, personIds),
  ]);
  const casesOf = Map.groupBy(found, (one) => one.personId);
  return personIds.map((personId) => {
    const cases = casesOf.get(personId) ?? [];
    const [latest] = cases;
    const identityNumber = numbers.get(personId);
    if (identityNumber === undefined) throw new Error('a person in scope is seen');
    return {
      personId,
      name: latest === undefined ? null : applicantName(context, latest, latest.nameChange),
      identityNumber,
      cases: cases.map(({ applicationId: id, caseNumber, quarter, state }) => ({
        id,
        caseNumber,
        quarter,
        state,
      })),
    };
  });
}

/**
 * Everything an officer needs to know of a person. Cases, money, recoveries and notices are those in scope; the term and
 * the claimable months follow from the whole city, as in `getEntitlement`.
 *
 * @throws Problem not-found, also for a person whom the caller may not ask about
 */
export async function getPersonOverview(context: ReadContext, personId: string) {
  // Each limits itself to the scope; the term comes last, because it is read from the whole city.
  const query = { personId, limit: maximumPageSize };
  const [, cases, months, recoveries, notices, named] = await Promise.all([
    refuseUnasked(context, personId),
    listApplications(context, query),
    store.listMonthsWithMoney(context.tx, context.scope, personId),
    listRecoveries(context, query),
    listNotices(context, query),
    nameInLatestCase(context, personId),
  ]);
  const [entitlement, person] = await Promise.all([
    readEntitlement(context, personId),
    findPerson(context, personId),
  ]);
  if (person === undefined) throw new Problem('not-found');
  context.shows([personId]);
  return {
    personId,
    name: named,
    identityNumber: person.identityMasked,
    entitlement,
    cases,
    months: months.map((month) => ({
      month: month.month,
      applicationId: month.applicationId,
      caseNumber: month.caseNumber,
      state: month.state,
      amountFen: month.amountFen,
      money: moneyOf(month),
      disbursementId: month.disbursementId,
      lineId: month.lineId,
    })),
    money: sumMoney(months),
    recoveries,
    notices: { items: notices.items.map(summarise), next: notices.next },
  };
}

async function nameInLatestCase(context: ReadContext, personId: string): Promise<string | null> {
  const latest = await findLatestCase(context, personId);
  if (latest === undefined) return null;
  return (await applicantNames(context, [latest])).get(latest.applicationId) ?? null;
}

type Notice = Awaited<ReturnType<typeof listNotices>>['items'][number];

function summarise({
  id,
  number,
  kind,
  title,
  applicationId,
  caseNumber,
  issuedAt,
  tellBy,
  ...notice
}: Notice) {
  const { delivery, toldAt } = notice;
  return { id, number, kind, title, applicationId, caseNumber, issuedAt, tellBy, delivery, toldAt };
}
