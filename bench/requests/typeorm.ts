// The service that a team would write otherwise: Express, and TypeORM's entities with their relations, in one transaction that
// sets the reader's rows. Relations are queries of their own: one join of all took nearly three times PostgreSQL's time. What
// row security hides, it asks by the same functions of the database; rules and words are those of src. The calendar is
// kept in memory. It does not verify the token (whose reader it is told at its start), keep a trace of the disclosure,
// log, limit, or check its answer.

import { randomUUID } from 'node:crypto';
import express from 'express';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import { subjectTitles } from '../../src/applications/acceptance/corrections.ts';
import { type MonthWithMoney, moneyOf } from '../../src/applications/application/money.ts';
import { states } from '../../src/applications/application/states.ts';
import { timeLimitTitles } from '../../src/applications/application/time-limit.ts';
import { draftExpiresOn } from '../../src/applications/drafts/draft-age.ts';
import { flagKinds } from '../../src/applications/flags/kinds.ts';
import type { Coverage as CoverageOfKinds, Fact } from '../../src/rules/facts.ts';
import { kindTitles } from '../../src/rules/policy/catalogue.ts';
import { materialTitles, requiredMaterials } from '../../src/rules/required-materials.ts';
import { missingYears, workingDaysBetween } from '../../src/values/working-days.ts';
import { openPeer, type PeerReader, readCalendar } from './peer.ts';
import {
  Application,
  type ApplicationEntity,
  Coverage,
  entities,
  OfficerName,
  type PersonEntity,
} from './typeorm-entities.ts';

const { settings, readerOf, applicantOf, warningsOf, notFound } = await openPeer();
const source = new DataSource({
  type: 'postgres',
  url: settings.databaseUrl,
  poolSize: settings.poolSize,
  entities,
  extra: { options: '-c TimeZone=UTC -c search_path=public -c jit=off -c random_page_cost=1.1' },
});
await source.initialize();
const calendar = await readCalendar({ query: async (text) => ({ rows: await source.query(text) }) });

async function describe(manager: EntityManager, { isPlatform }: PeerReader, applicationId: string) {
  const found = await manager.findOne(Application, {
    where: { applicationId },
    relations: {
      person: { names: true, records: true, deaths: true },
      claims: true,
      materials: true,
      parts: true,
      corrections: { items: true },
      transfers: true,
      payeeChanges: true,
      appeals: true,
    },
    relationLoadStrategy: 'query',
  });
  if (found === null) return null;
  const { personId, timeLimitDueOn, timeLimitFrom, timeLimit } = found;
  const months = found.months.slice(1, -1).split(',');
  refuseUnworded(found, await manager.query(peopleQuery, [[personId]]));
  if (!isPlatform)
    refuseUnworded(found, await manager.query('select from sharing_of($1)', [[applicationId]]));
  const isDraft = found.state === 'draft';
  const money = isDraft
    ? []
    : await manager.query<({ month: string } & MonthWithMoney)[]>(moneyQuery, [personId, applicationId]);
  const { name, phone, account } = applicantOf(
    found,
    found.nameEncrypted,
    found.phoneEncrypted,
    found.accountEncrypted,
  );
  const { title, next, actor } = states[found.state as keyof typeof states];
  const correction = found.corrections.find(({ closedAt }) => closedAt === null);
  return {
    id: applicationId,
    version: found.version,
    caseNumber: found.caseNumber,
    state: found.state,
    progress: { title, next, actor },
    timeLimit:
      timeLimit === null
        ? null
        : {
            name: timeLimit,
            title: timeLimitTitles[timeLimit as keyof typeof timeLimitTitles],
            state:
              timeLimitDueOn === null ? 'paused' : timeLimitDueOn < settings.today ? 'overdue' : 'running',
            workingDaysLeft: timeLimitDueOn === null ? found.timeLimitDaysLeft : daysUntil(timeLimitDueOn),
            dueOn: timeLimitDueOn,
            unannouncedYears:
              timeLimitFrom === null || timeLimitDueOn === null
                ? []
                : missingYears(timeLimitFrom, timeLimitDueOn, calendar),
          },
    correction:
      found.state !== 'correction-requested' || correction === undefined
        ? null
        : {
            noticeId: correction.noticeId,
            round: correction.round,
            requestedAt: instant(correction.requestedAt),
            items: correction.items
              .toSorted((a, b) => a.item - b.item)
              .map(({ subject, problem, remedy, answeredAt }) => ({
                subject,
                title: subjectTitles[subject as keyof typeof subjectTitles],
                problem,
                remedy,
                answeredAt: instant(answeredAt),
              })),
          },
    expiresOn: isDraft ? draftExpiresOn(found.createdAt.toISOString()) : null,
    personId,
    quarter: found.quarter,
    months: months.map((month) => {
      const claim = found.claims.find((one) => one.month === month);
      const paid = money.find((one) => one.month === month);
      return {
        month,
        state: claim?.state ?? 'draft',
        amountFen: claim === undefined || claim.amountFen === null ? null : Number(claim.amountFen),
        money: paid === undefined ? null : moneyOf(paid),
      };
    }),
    channel: found.channel,
    agencyCode: found.agencyCode,
    streetCode: found.streetCode,
    applicant: { name, identityNumber: found.person.identityMasked, phone, contact: null },
    agent: null,
    account: { bank: found.bank, number: found.accountMasked },
    work: { kind: found.workKind, since: found.workSince, place: found.workPlace },
    undertaking:
      found.undertakingVersion === null
        ? null
        : {
            version: found.undertakingVersion,
            sha256: found.undertakingDigest?.toString('hex'),
            signedAt: instant(found.undertakingSignedAt),
            method: found.undertakingSignedHow,
          },
    materials: found.materials
      .toSorted((a, b) => (a.materialId < b.materialId ? -1 : 1))
      .map(({ materialId, kind, mediaType, byteLength, digest, addedAt, supersedes }) => ({
        id: materialId,
        kind,
        mediaType,
        byteLength,
        sha256: digest.toString('hex'),
        addedAt: instant(addedAt),
        supersedes,
        supersededBy: found.materials.find((other) => other.supersedes === materialId)?.materialId ?? null,
      })),
    materialsRequired: requiredMaterials(months, factsOf(found.person), await coverageOf(manager, found), {
      hasAgent: found.agentRelation !== null,
    }).map(({ kind, waivedBy }) => ({
      kind,
      title: materialTitles[kind],
      waivedBy,
      waivedByTitle: waivedBy === null ? null : kindTitles[waivedBy],
      supplied: found.materials.some((material) => material.kind === kind),
    })),
    warnings: warningsOf(name, account, isPlatform ? null : newestHashes(found.person)),
    flags: flagsOf(found),
    parts: isDraft || isPlatform ? [] : await partsOf(manager, found),
    afterDeath: null,
    transfers: found.transfers
      .toSorted((a, b) => (a.transferId < b.transferId ? -1 : 1))
      .map(({ fromAgency, fromStreet, toAgency, toStreet, reason, transferredAt }) => ({
        from: { agencyCode: fromAgency, streetCode: fromStreet },
        to: { agencyCode: toAgency, streetCode: toStreet },
        reason,
        transferredAt: instant(transferredAt),
      })),
    recordsChangedAt: instant(found.recordsChangedAt),
    createdAt: instant(found.createdAt),
    submittedAt: instant(found.submittedAt),
    acceptedAt: instant(found.acceptedAt),
    assignedTo: isPlatform ? null : found.assignedTo,
    acceptanceReason: isPlatform ? null : found.acceptanceReason,
    closedAt: instant(found.closedAt),
  };
}

const peopleQuery = 'select person_id from conditions_of_anybody($1)';
const moneyQuery = `select k.month, m.state, m.amount_fen::int as "amountFen", k.line_state as "lineState", k.failure,
    to_json(k.settled_at) #>> '{}' as "settledAt", k.returned_on::text as "returnedOn", k.return_reason as "returnReason",
    to_json(k.set_off_at) #>> '{}' as "setOffAt", k.was_paid as "wasPaid", k.owed_fen::int as "owedFen",
    to_json(k.recovery_closed_at) #>> '{}' as "recoveryClosedAt", k.is_closed as "isClosed"
  from money_of_months($1, $2) k
  join subsidy_month m on m.person_id = $1 and m.application_id = k.application_id and m.month = k.month`;

/** The sample has no case that would need more words. */
function refuseUnworded(
  { payeeChanges, person, contactRelation, agentRelation }: ApplicationEntity,
  more: readonly object[],
) {
  const isUnworded =
    more.length > 0 ||
    person.deaths.length > 0 ||
    payeeChanges.some(({ state }) => state === 'confirmed') ||
    contactRelation !== null ||
    agentRelation !== null;
  if (isUnworded) throw new Error('this case needs other words than those of the sample');
}

function daysUntil(due: string): number {
  const { today } = settings;
  return due >= today ? workingDaysBetween(today, due, calendar) : -workingDaysBetween(due, today, calendar);
}

/** What the registers say now: the newest version of each record that is not removed. */
function factsOf({ records }: PersonEntity): Fact[] {
  const newest = Map.groupBy(
    records.toSorted((a, b) => Number(a.version) - Number(b.version)),
    ({ source, kind, sourceKey }) => `${source} ${kind} ${sourceKey}`,
  );
  return [...newest.values()].flatMap((versions) => {
    const last = versions.at(-1);
    if (last === undefined || last.removed) return [];
    const { recordId: id, kind, fromDay: from, toDay: to, details } = last;
    return [{ id, kind, from, to, ...details } as Fact];
  });
}

async function coverageOf(
  manager: EntityManager,
  { personId, agencyCode }: ApplicationEntity,
): Promise<CoverageOfKinds> {
  const agencies = [{ agencyCode: IsNull() }, { agencyCode }];
  const people = [{ personId: IsNull() }, { personId }];
  const stated = await manager.find(Coverage, {
    where: agencies.flatMap((agency) => people.map((person) => ({ ...agency, ...person }))),
    order: { asOf: 'desc', learntAt: 'desc', coverageId: 'desc' },
  });
  const through: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { kind, source: from, throughMonth } of stated) {
    if (seen.has(`${kind} ${from}`)) continue;
    seen.add(`${kind} ${from}`);
    if (throughMonth !== null && throughMonth > (through[kind] ?? '')) through[kind] = throughMonth;
  }
  return through;
}

/** The newest spelling of each source. */
function newestHashes({ names }: PersonEntity): Buffer[] {
  const bySource = Map.groupBy(
    names.toSorted((a, b) => a.learntAt.valueOf() - b.learntAt.valueOf()),
    (name) => name.source,
  );
  return [...bySource.values()].flatMap((spellings) => spellings.slice(-1).map(({ nameHash }) => nameHash));
}

function flagsOf({ householdStanding, months, submittedAt, createdAt, appeals }: ApplicationEntity) {
  const day = new Date((submittedAt ?? createdAt).valueOf() + 8 * 3_600_000).toISOString().slice(0, 10);
  const monthsOfYear = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
  const earliest = monthsOfYear - (monthsOfYear % 3) - 3 * settings.lateQuarters;
  const first = months.slice(1, 8);
  const isLate =
    submittedAt !== null && Number(first.slice(0, 4)) * 12 + Number(first.slice(5)) - 1 < earliest;
  const flags = [
    isLate && (['late-claim', '申请的月份较早，请留意登记数据是否齐全。'] as const),
    householdStanding === 'unconfirmed' &&
      ([
        'household-unconfirmed',
        '户籍登记中没有该申请人在所填街道（乡镇）的户籍，暂按所填办理。请核对户口簿；不在本辖区的，由经办人员移送。',
      ] as const),
    appeals.some((appeal) => appeal.state === 'open') &&
      (['under-appeal', '本案的决定或追回正在办理行政复议、信访或申诉，尚未办结。'] as const),
    householdStanding === 'elsewhere' &&
      ([
        'household-elsewhere',
        '户籍登记显示申请人的户籍在本市其他街道（乡镇），请核对户口簿；登记无误的，由经办人员移送户籍所在地办理。',
      ] as const),
  ];
  return flags.flatMap((flag) => {
    if (flag === false) return [];
    const { title, needs } = flagKinds[flag[0]];
    return [{ code: flag[0], title, detail: flag[1], amountFen: null, needs }];
  });
}

async function partsOf(manager: EntityManager, { parts }: ApplicationEntity) {
  const names = await manager.find(OfficerName, {
    where: parts.map(({ officer }) => ({ account: officer })),
    order: { since: 'desc' },
  });
  return parts
    .toSorted((a, b) => a.actedAt.valueOf() - b.actedAt.valueOf() || (a.part < b.part ? -1 : 1))
    .map(({ part, officer, agencyCode, actedAt }) => ({
      part,
      officer: {
        account: officer,
        name: names.find(({ account, since }) => account === officer && since <= actedAt)?.name ?? null,
      },
      agencyCode,
      actedAt: instant(actedAt),
    }));
}

/** With the six digits of the contract; a Date has three. */
function instant(date: Date | null): string | null {
  return date === null ? null : date.toISOString().replace('Z', '000Z');
}

const app = express();
app.get('/v1/applications/:id', async (request, response) => {
  const reader = readerOf(request.headers.authorization);
  const body = await source.transaction(async (manager) => {
    await manager.query(settings.scopeStatement, [...reader.rows]);
    return await describe(manager, reader, request.params.id);
  });
  if (body === null) response.status(404).type('application/json').send(notFound(randomUUID()));
  else response.json(body);
});
app.listen(settings.port, '127.0.0.1');
