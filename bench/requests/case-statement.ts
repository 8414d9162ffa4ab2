// The whole answer of getApplication as one statement, for the peers that do nothing else. PostgreSQL writes the JSON, with the
// keys in the answer's order; four places are left for what only the service's keys can open (the name, the phone, a warning
// about the account). It reads every table that the service reads, under the same row security, and words what occurs in
// the sample: a case that would need other words sets `unworded`.
//
// $1 the case, $2 today, $3 how many quarters back a claim is in time.

import { subjectTitles } from '../../src/applications/acceptance/corrections.ts';
import { states } from '../../src/applications/application/states.ts';
import { timeLimitTitles } from '../../src/applications/application/time-limit.ts';
import { draftDays } from '../../src/applications/drafts/draft-age.ts';
import { flagKinds } from '../../src/applications/flags/kinds.ts';
import { kindTitles } from '../../src/rules/policy/catalogue.ts';
import { materialTitles } from '../../src/rules/required-materials.ts';
import type { Peer } from './peer.ts';

/** Left in the text for what is encrypted. */
const places = { name: '@name@', phone: '@phone@', warnings: '"@warnings@"' } as const;

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const instant = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24":"MI":"SS.US"Z"')`;
const inShanghai = (column: string) => `(${column} at time zone 'Asia/Shanghai')::date`;
const list = (query: string) => `array_to_json(array(${query}))`;

/** A word beside a column, out of a closed list. */
function worded(column: string, words: Readonly<Record<string, string>>): string {
  const cases = Object.entries(words).map(([word, title]) => `when ${quoted(word)} then ${quoted(title)}`);
  return `case ${column} ${cases.join(' ')} end`;
}

const progress = Object.entries(states)
  .map(
    ([state, { title, next, actor }]) =>
      `when '${state}' then ${quoted(JSON.stringify({ title, next, actor }))}`,
  )
  .join(' ');

/** Working days after one day up to and including a later one. */
const workingDays = (
  from: string,
  through: string,
) => `(select count(*)::int from generate_series(1, ${through} - ${from}) n
  left join working_calendar_exception e on e.day = ${from} + n
  where coalesce(e.works, extract(isodow from ${from} + n) < 6))`;

const timeLimit = `case when a.time_limit is not null then (select row_to_json(t) from (select
  a.time_limit as name, ${worded('a.time_limit', timeLimitTitles)} as title,
  case when a.time_limit_due_on is null then 'paused' when a.time_limit_due_on < $2 then 'overdue' else 'running' end as state,
  case when a.time_limit_due_on is null then a.time_limit_days_left
    when a.time_limit_due_on >= $2 then ${workingDays('$2', 'a.time_limit_due_on')}
    else -${workingDays('a.time_limit_due_on', '$2')} end as "workingDaysLeft",
  a.time_limit_due_on as "dueOn", ${list('select year from unannounced order by year')} as "unannouncedYears") t) end`;

const correction = `case when a.state = 'correction-requested' then (select row_to_json(t) from (select
  c.notice_id as "noticeId", c.round, ${instant('c.requested_at')} as "requestedAt",
  ${list(`select row_to_json(i) from (select i.subject, ${worded('i.subject', subjectTitles)} as title, i.problem, i.remedy,
    ${instant('i.answered_at')} as "answeredAt" from correction_item i
    where i.person_id = c.person_id and i.correction_id = c.correction_id order by i.item) i`)} as items
  from correction c where c.person_id = a.person_id and c.application_id = a.application_id and c.closed_at is null) t) end`;

const money = `case when k.month is not null then (select row_to_json(t) from (select
  w.state, w.on, null as failure, coalesce(k.owed_fen, 0) as "owedFen", ${worded('w.state', {
    waiting: '等待列入发放名单。',
    'on-roster': '已列入发放名单，名单核对无误、资金到账后发放。',
    'in-payment': '已送银行发放，等待银行结果。',
    paid: '@on@',
  })} as explanation) t) end`;

const months = list(`select row_to_json(t) from (select claimed.month, coalesce(s.state, 'draft') as state,
    s.amount_fen as "amountFen", ${money.replace(
      quoted('@on@'),
      `'已于' || to_char(w.on, 'FMYYYY"年"FMMM"月"FMDD"日"') || '发放。'`,
    )} as money
  from unnest(a.months) with ordinality as claimed (month, place)
  left join subsidy_month s on s.person_id = a.person_id and s.application_id = a.application_id and s.month = claimed.month
  left join lateral (select * from money_of_months(a.person_id, a.application_id)
    where a.state = 'approved') k on k.month = claimed.month
  left join lateral (select case when k.line_state is null or k.line_state = 'released' then 'waiting'
      when k.line_state = 'waiting' then 'on-roster' when k.line_state = 'unknown' then 'in-payment' else k.line_state end as state,
    case when k.line_state = 'paid' then ${inShanghai('k.settled_at')} end as on) w on true
  order by claimed.place) t`);

const materials =
  list(`select row_to_json(t) from (select m.material_id as id, m.kind, m.media_type as "mediaType",
    m.byte_length as "byteLength", encode(m.digest, 'hex') as sha256, ${instant('m.added_at')} as "addedAt", m.supersedes,
    (select o.material_id from material o where o.person_id = m.person_id and o.application_id = m.application_id
      and o.supersedes = m.material_id) as "supersededBy"
  from material m where m.person_id = a.person_id and m.application_id = a.application_id order by m.material_id) t`);

/** Each paper that is asked for, with the register that may waive it, and when it is asked for at all. */
const papers = [
  ['identity-card', 'household', 'true'],
  [
    'household-booklet',
    null,
    `exists (select from fact where kind = 'household' and details ->> 'movedInFrom' not like '36%')`,
  ],
  ['flexible-employment-proof', 'flexible-employment', 'true'],
  ['contribution-proof', 'contribution', 'true'],
  ['power-of-attorney', null, 'a.agent_relation is not null'],
  ['signed-undertaking', null, 'a.agent_relation is not null'],
] as const;

const materialsRequired = list(`select row_to_json(t) from (select p.kind, p.title, w.by as "waivedBy",
    ${worded('w.by', kindTitles)} as "waivedByTitle", exists (select from material m where m.person_id = a.person_id
      and m.application_id = a.application_id and m.kind = p.kind) as supplied
  from (values ${papers
    .map(([kind, register, when], place) => {
      const title = quoted(materialTitles[kind]);
      return `(${place}, '${kind}', ${title}, ${register === null ? 'null' : quoted(register)}, ${when})`;
    })
    .join(', ')}) as p (place, kind, title, register, asked)
  left join lateral (select p.register as by where p.register is not null and (
    (select max(through_month) from covered c where c.kind = p.register) >= a.months[cardinality(a.months)]
    or not exists (select from unnest(a.months) as month where not exists (select from fact f where f.kind = p.register
      and f.from_day < (month || '-01')::date + interval '1 month' and (f.to_day is null or f.to_day >= (month || '-01')::date)))
  )) w on true
  where p.asked order by p.place) t`);

/** Flags that say the same of every case, in their order. */
const constantFlags = [
  [
    'late-claim',
    '申请的月份较早，请留意登记数据是否齐全。',
    `a.months[1] < to_char(date_trunc('quarter', a.submitted_at at time zone 'Asia/Shanghai') - make_interval(months => 3 * $3::int), 'YYYY-MM')`,
  ],
  [
    'household-unconfirmed',
    '户籍登记中没有该申请人在所填街道（乡镇）的户籍，暂按所填办理。请核对户口簿；不在本辖区的，由经办人员移送。',
    "a.household_standing = 'unconfirmed'",
  ],
  [
    'under-appeal',
    '本案的决定或追回正在办理行政复议、信访或申诉，尚未办结。',
    `exists (select from appeal where appeal.application_id = a.application_id and appeal.state = 'open')`,
  ],
  [
    'household-elsewhere',
    '户籍登记显示申请人的户籍在本市其他街道（乡镇），请核对户口簿；登记无误的，由经办人员移送户籍所在地办理。',
    "a.household_standing = 'elsewhere'",
  ],
] as const;

const flags = list(
  `select flag from (values ${constantFlags
    .map(([code, detail, when], place) => {
      const { title, needs } = flagKinds[code];
      return `(${place}, ${quoted(JSON.stringify({ code, title, detail, amountFen: null, needs }))}::json, ${when})`;
    })
    .join(', ')}) as f (place, flag, applies) where applies order by place`,
);

const parts = `case when a.state = 'draft' or @platform@ then '[]'::json else ${list(`select row_to_json(t) from (select p.part,
    (select row_to_json(o) from (select p.officer as account, (select n.name from officer_name n
      where n.account = p.officer and n.since <= p.acted_at order by n.since desc limit 1) as name) o) as officer,
    p.agency_code as "agencyCode", ${instant('p.acted_at')} as "actedAt"
  from case_part p where p.person_id = a.person_id and p.application_id = a.application_id
  order by p.acted_at, p.part) t`)} end`;

const transfers = list(`select row_to_json(t) from (select
    (select row_to_json(f) from (select t.from_agency as "agencyCode", t.from_street as "streetCode") f) as "from",
    (select row_to_json(f) from (select t.to_agency as "agencyCode", t.to_street as "streetCode") f) as "to",
    t.reason, ${instant('t.transferred_at')} as "transferredAt"
  from case_transfer t where t.person_id = a.person_id and t.application_id = a.application_id order by t.transfer_id) t`);

/** What would need other words than those of the sample. */
const unworded = `a.contact_relation is not null or a.agent_relation is not null
  or exists (select from conditions_of_anybody(array[a.person_id]))
  or exists (select from death where death.person_id = a.person_id)
  or exists (select from payee_change c where c.person_id = a.person_id and c.application_id = a.application_id and c.state = 'confirmed')
  or (not @platform@ and exists (select from sharing_of(array[a.application_id])))`;

const statement = `
with a as materialized (select * from application where application_id = $1),
unannounced as (select year from a, generate_series(extract(year from a.time_limit_from)::int,
  extract(year from a.time_limit_due_on)::int) as year
  where not exists (select from working_calendar_year y where y.year = year)),
fact as materialized (select * from (select distinct on (source, kind, source_key) r.kind, r.from_day, r.to_day, r.details, r.removed
  from a, record r where r.person_id = a.person_id and r.kind in ('household', 'flexible-employment', 'contribution')
  order by source, kind, source_key, r.version desc) newest where not removed),
covered as materialized (select * from (select distinct on (c.kind, c.source) c.kind, c.through_month
  from a, coverage c where c.kind in ('household', 'flexible-employment', 'contribution')
    and (c.agency_code is null or c.agency_code = a.agency_code) and (c.person_id is null or c.person_id = a.person_id)
  order by c.kind, c.source, c.as_of desc, c.learnt_at desc, c.coverage_id desc) newest where through_month is not null)
select a.person_id, a.name_encrypted, a.phone_encrypted, a.account_encrypted,
  case when not @platform@ then array(select distinct on (source) name_hash from person_name n where n.person_id = a.person_id
    order by source, learnt_at desc) end as name_hashes,
  ${unworded} as unworded,
  (select row_to_json(t)::text from (select
    a.application_id as id, a.version, a.case_number as "caseNumber", a.state,
    (case a.state ${progress} end)::json as progress,
    ${timeLimit} as "timeLimit",
    ${correction} as correction,
    case when a.state = 'draft' then ${inShanghai('a.created_at')} + ${draftDays} end as "expiresOn",
    a.person_id as "personId", a.quarter,
    ${months} as months,
    a.channel, a.agency_code as "agencyCode", a.street_code as "streetCode",
    (select row_to_json(t) from (select '${places.name}' as name,
      (select identity_masked from person where person.person_id = a.person_id) as "identityNumber",
      '${places.phone}' as phone, null as contact) t) as applicant,
    null as agent,
    (select row_to_json(t) from (select a.bank, a.account_masked as number) t) as account,
    (select row_to_json(t) from (select a.work_kind as kind, a.work_since as since, a.work_place as place) t) as work,
    case when a.undertaking_version is not null then (select row_to_json(t) from (select
      a.undertaking_version as version, encode(a.undertaking_digest, 'hex') as sha256,
      ${instant('a.undertaking_signed_at')} as "signedAt", a.undertaking_signed_how as method) t) end as undertaking,
    ${materials} as materials,
    ${materialsRequired} as "materialsRequired",
    '${places.warnings}'::json as warnings,
    ${flags} as flags,
    ${parts} as parts,
    null as "afterDeath",
    case when a.state = 'draft' then '[]'::json else ${transfers} end as transfers,
    ${instant('a.records_changed_at')} as "recordsChangedAt", ${instant('a.created_at')} as "createdAt",
    ${instant('a.submitted_at')} as "submittedAt", ${instant('a.accepted_at')} as "acceptedAt",
    case when not @platform@ then a.assigned_to end as "assignedTo",
    case when not @platform@ then a.acceptance_reason end as "acceptanceReason",
    ${instant('a.closed_at')} as "closedAt") t) as body
from a`;

/** Without a condition that the plan could not foresee: what only officers are told is left out of a platform's. */
export function caseStatement(isPlatform: boolean): string {
  return statement.replaceAll('@platform@', String(isPlatform));
}

export interface CaseRow {
  readonly person_id: string;
  readonly name_encrypted: Buffer;
  readonly phone_encrypted: Buffer;
  readonly account_encrypted: Buffer;
  readonly name_hashes: Buffer[] | null;
  readonly unworded: boolean;
  readonly body: string;
}

/** The answer, with what the service's keys open in its places. */
export function filledIn({ applicantOf, warningsOf }: Peer, applicationId: string, row: CaseRow): string {
  if (row.unworded) throw new Error('this case needs other words than those of the sample');
  const { person_id: personId, name_encrypted, phone_encrypted, account_encrypted, name_hashes, body } = row;
  const key = { personId, applicationId };
  const { name, phone, account } = applicantOf(key, name_encrypted, phone_encrypted, account_encrypted);
  const warnings = JSON.stringify(warningsOf(name, account, name_hashes));
  return body
    .replace(places.name, () => name)
    .replace(places.phone, () => phone)
    .replace(places.warnings, () => warnings);
}
