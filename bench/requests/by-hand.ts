// submitApplication by hand: the same effects (kept answer, lock, claims, time limit, event, audit entry) as one transaction in two
// flights, of prepared statements that do not wait for each other: what has to be known is locked and read in the first;
// everything is written and committed in the second. The calendar is kept in memory. It does not verify the token (whose
// reader it is told at its start), log, limit, check its answer, or word a refusal.

import { createHash, randomUUID } from 'node:crypto';
import fastify from 'fastify';
import pg from 'pg';
import { states } from '../../src/applications/application/states.ts';
import { timeLimitTitles } from '../../src/applications/application/time-limit.ts';
import { createIds } from '../../src/platform/ids.ts';
import { addWorkingDays } from '../../src/values/working-days.ts';
import { morning } from '../morning.ts';
import { type CaseRow, caseStatement, filledIn } from './case-statement.ts';
import { openPeer, type PeerReader, readCalendar, sessionOptions } from './peer.ts';

const peer = await openPeer();
const { settings, readerOf, encryption } = peer;
const pool = new pg.Pool({
  connectionString: settings.databaseUrl,
  max: settings.poolSize,
  pipeline: true,
  options: sessionOptions,
});
const { today, acceptanceDays } = settings;
const dueOn = addWorkingDays(today, acceptanceDays, await readCalendar(pool));
const newId = createIds(Date.now);
const at = morning.toString();
const operation = 'submitApplication';
const describeCase = caseStatement(true);

const statements = {
  keyIsFree: 'select pg_try_advisory_xact_lock($1) as free',
  keptAnswer: 'select status, body_encrypted from idempotency_key where client_id = $1 and key = $2',
  lockCase: 'select person_id, version, state from application where application_id = $1 for update',
  lockPerson: `select set_config('subsidy.person', person_id::text, true) from person
    where person_id = (select person_id from application where application_id = $1) for update`,
  othersClaims: `select m.month from application a join subsidy_month m on m.person_id = a.person_id
    where a.application_id = $1 and m.application_id <> $1 and m.month = any (a.months) and m.state in ('claimed', 'live')
    union all select r.month from application a join recovery r on r.person_id = a.person_id
    where a.application_id = $1 and r.owes and r.month = any (a.months)`,
  handler: `select s.agency_code from application a
    join street t on t.street_code = a.street_code and t.valid_from <= $2 and (t.valid_to is null or t.valid_to >= $2)
    join street_agency s on s.street_code = a.street_code and s.valid_from <= $2 and (s.valid_to is null or s.valid_to >= $2)
    where a.application_id = $1 and a.undertaking_version is not null
      and coalesce(registered_street(a.person_id, $2), a.street_code) = a.street_code
    order by s.valid_from desc limit 1`,
  submit: `update application set state = 'submitted', version = version + 1, submitted_at = $3, agency_code = $4,
      records_changed_at = null, time_limit = 'acceptance', time_limit_days_left = $5, time_limit_from = $6, time_limit_due_on = $7
    where person_id = $1 and application_id = $2 and state = 'draft'`,
  claim: `insert into subsidy_month (person_id, application_id, month, state, after_recovery_id)
    select a.person_id, a.application_id, month, 'claimed', (select r.recovery_id from recovery r
      where r.person_id = a.person_id and r.month = claimed.month and r.state = 'repaid' order by r.recovery_id desc limit 1)
    from application a cross join unnest(a.months) as claimed (month) where a.person_id = $1 and a.application_id = $2
    on conflict (person_id, month, application_id) do update set state = 'claimed', after_recovery_id = excluded.after_recovery_id
      where subsidy_month.state = 'released'`,
  emit: `insert into event (person_id, event_id, application_id, case_number, client_id, agency_code, street_code, type, happened_at, content)
    select person_id, $3, application_id, case_number, client_id, agency_code, street_code, 'application-submitted', $4, '{"state": "submitted"}'
    from application where person_id = $1 and application_id = $2`,
  audit: `insert into audit_entry (at, operation, actor, client_id, role, target_kind, target_id, person_id, change, request_id, source_address)
    values ($1, '${operation}', $2, $3, 'platform', 'application', $4, $5, '{"from": "draft", "to": "submitted"}', $6, $7)`,
  keep: `insert into idempotency_key (client_id, key, operation, request_digest, request_id, status, headers, body_encrypted, answered_at)
    values ($1, $2, '${operation}', $3, $4, 200, $5, $6, $7)`,
} as const;

interface Asked {
  readonly id: string;
  readonly key: string;
  readonly version: number;
  readonly digest: Buffer;
  readonly sourceAddress: string;
}

async function submit(
  reader: PeerReader,
  { id, key, version, digest, sourceAddress }: Asked,
): Promise<string | null> {
  const [actor, caller, , , , client] = reader.rows;
  const connection = await pool.connect();
  const send = <Row extends pg.QueryResultRow>(name: keyof typeof statements, values: readonly unknown[]) =>
    connection.query<Row>({ name, text: statements[name], values: [...values] });
  try {
    const lock = createHash('sha256').update(`${caller}\0${key}`).digest().readBigInt64BE();
    const [, , free, kept, locked, , others, handler, described] = await Promise.all([
      connection.query('begin'),
      connection.query({ name: 'scope', text: settings.scopeStatement, values: [...reader.rows] }),
      send<{ free: boolean }>('keyIsFree', [lock]),
      send('keptAnswer', [caller, key]),
      send<{ person_id: string; version: number; state: string }>('lockCase', [id]),
      send('lockPerson', [id]),
      send('othersClaims', [id]),
      send<{ agency_code: string }>('handler', [id, today]),
      connection.query<CaseRow>({
        name: 'case',
        text: describeCase,
        values: [id, today, settings.lateQuarters],
      }),
    ]);
    const [draft] = locked.rows;
    const [place] = handler.rows;
    const [row] = described.rows;
    if (draft === undefined || row === undefined) {
      await connection.query('rollback');
      return null;
    }
    const isRefused = free.rows[0]?.free !== true || kept.rows.length > 0 || others.rows.length > 0;
    if (isRefused || place === undefined || draft.version !== version || draft.state !== 'draft')
      throw new Error('this submission is refused');
    const body = submitted(filledIn(peer, id, row), place.agency_code);
    const { person_id: personId } = draft;
    const requestId = randomUUID();
    const where = { table: 'idempotency_key', column: 'body_encrypted', row: `${caller} ${key}` };
    const headers = JSON.stringify({ etag: `"${version + 1}"` });
    const written = await Promise.all([
      send('submit', [personId, id, at, place.agency_code, acceptanceDays, today, dueOn]),
      send('claim', [personId, id]),
      send('emit', [personId, id, newId(), at]),
      send('audit', [at, actor, client, id, personId, requestId, sourceAddress]),
      send('keep', [caller, key, digest, requestId, headers, encryption.encrypt(body, where), at]),
      connection.query('commit'),
    ]);
    if (written.at(-1)?.command !== 'COMMIT') throw new Error('it was not committed');
    return body;
  } catch (error) {
    await connection.query('rollback');
    throw error;
  } finally {
    connection.release();
  }
}

/** The draft's answer as it is once the draft is submitted. */
function submitted(text: string, agencyCode: string): string {
  const draft = JSON.parse(text);
  const { title, next, actor } = states.submitted;
  const timeLimit = {
    name: 'acceptance',
    title: timeLimitTitles.acceptance,
    state: 'running',
    workingDaysLeft: acceptanceDays,
    dueOn,
    unannouncedYears: [],
  };
  const months = draft.months.map((month: object) => ({ ...month, state: 'claimed' }));
  return JSON.stringify({
    ...draft,
    version: draft.version + 1,
    state: 'submitted',
    progress: { title, next, actor },
    timeLimit,
    expiresOn: null,
    months,
    agencyCode,
    submittedAt: at.replace('Z', '.000000Z'),
  });
}

const app = fastify();
app.post<{ Params: { id: string } }>('/v1/applications/:id/submission', async (request, reply) => {
  const { authorization, 'idempotency-key': key, 'if-match': ifMatch = '' } = request.headers;
  // As the service tells a repetition of the same request from another one under its key.
  const parts = [request.method, request.url, ifMatch, null];
  const body = await submit(readerOf(authorization), {
    id: request.params.id,
    key: String(key),
    version: Number(ifMatch.replaceAll('"', '')),
    digest: createHash('sha256').update(JSON.stringify(parts)).digest(),
    sourceAddress: request.ip,
  });
  reply.type('application/json; charset=utf-8');
  return body ?? reply.code(404).send(peer.notFound(randomUUID()));
});
await app.listen({ host: '127.0.0.1', port: settings.port });
