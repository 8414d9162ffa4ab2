// The steps of a case: checked, applied for, accepted, compared and decided, each by another actor.

import { randomUUID } from 'node:crypto';
import type { Static } from 'typebox';
import type { Application } from '../../src/applications/application/schemas.ts';
import type { Comparison } from '../../src/decisions/comparison/schemas.ts';
import type { Decision } from '../../src/decisions/decision/schemas.ts';
import type { Eligibility, EligibilityForPlatforms } from '../../src/eligibility/schemas.ts';
import type { Expectation, Resident } from './city.ts';
import { DemoError } from './client.ts';
import { pdf, photograph } from './papers.ts';
import { type Case, type DecidedCase, forEachOne, outcomesOf, type Play, type Results } from './play.ts';
import { reportAtLast } from './registers.ts';

const maxLooks = 5;

type Compared = Static<typeof Comparison>;
type Decided = Static<typeof Decision>;

/** For each person: check the entitlement, apply, upload a material and submit. */
export async function applyAll(play: Play): Promise<Case[]> {
  const { city, tell } = play;
  const cases = await forEachOne(city.residents, (resident) =>
    apply(play, resident, resident.claim, resident.expect),
  );
  const byChannel = Map.groupBy(cases, ({ resident }) => resident.channel);
  for (const [channel, own] of byChannel) tell(`  ${channel}：${own.length} 件`);
  return cases;
}

/** The person of an eligibility check and its ground: a login at the platform, or an officer's purpose. */
export function questionOf({ identityNumber, name }: Pick<Resident, 'identityNumber' | 'name'>, by: string) {
  const who = { identityNumber, name };
  if (!by.startsWith('platform'))
    return { ...who, purpose: { code: 'counter-inquiry', text: '居民到窗口询问第二季度补贴' } };
  const at = new Date(Date.now() - 60_000).toISOString();
  return {
    ...who,
    authentication: { method: 'provincial-identity', at, sessionId: 'demo-session' },
    consent: { version: 'demo-1', at },
  };
}

export async function apply(
  play: Play,
  resident: Resident,
  claim: readonly string[],
  expect: Expectation,
): Promise<Case> {
  const { client, city, tie } = play;
  const { by, name } = resident;
  const months = { quarter: city.quarter, months: claim };
  const handler = `handler-${resident.street.agency}`;
  const { assessment: forecast } = await client.post<Static<typeof Eligibility>>(
    handler,
    '/v1/eligibility-checks',
    { body: { ...questionOf(resident, handler), ...months } },
  );
  const told = await client.post<Static<typeof EligibilityForPlatforms>>(by, '/v1/eligibility-checks', {
    body: { ...questionOf(resident, by), ...months },
  });
  // A platform receives the same answer, or that the street must settle something.
  const outcomes = forecast.months.map(({ outcome }) => outcome);
  tie(
    `${name} 的平台预审`,
    told.assessment.months.map(({ outcome }, at) => (outcome === 'undetermined' ? outcomes[at] : outcome)),
    outcomes,
  );
  const body = applicationOf(play, resident, claim);
  const draft = await client.post<Application>(by, '/v1/applications', { body });
  tie(`${name} 的经办机构`, draft.agencyCode, resident.street.agency);
  await client.post(by, `/v1/applications/${draft.id}/materials`, { body: paperFor(resident) });
  const { version } = await client.get<Application>(by, `/v1/applications/${draft.id}`);
  const application = await client.post<Application>(by, `/v1/applications/${draft.id}/submission`, {
    ifMatch: version,
  });
  return { resident, claim, expect, application, forecast };
}

/** Harmless mishaps: a lost answer, an outdated page, a second channel. */
export async function applyTwice(play: Play, { resident, application }: Case): Promise<void> {
  const { client, tell, tie, refused } = play;
  const body = applicationOf(play, resident, resident.claim);
  const [key, other] = [
    randomUUID(),
    resident.by === 'platform-wujia2' ? 'platform-hall' : 'platform-wujia2',
  ];
  const elsewhere = {
    ...body,
    channel: other === 'platform-hall' ? 'provincial-online-hall' : 'wujia2-platform',
  };
  const first = await client.try<Application>(other, 'POST', '/v1/applications', { body: elsewhere, key });
  const retry = await client.try<Application>(other, 'POST', '/v1/applications', { body: elsewhere, key });
  tie('同一 Idempotency-Key 重试', [retry.status, retry.replayed, retry.body], [201, true, first.body]);
  tell(`  ↻ 同一请求重试：${retry.body.caseNumber}，回答相同 · the retry gives the same answer`);
  const { id, version } = first.body;
  const changed = { ...elsewhere, months: resident.claim.slice(1) };
  await refused(
    '同一 Idempotency-Key 换了内容',
    [other, 'POST', '/v1/applications', { body: changed, key }],
    422,
    'idempotency-key-reused',
  );
  await refused(
    `另一渠道为 ${application.applicant.name} 申请相同月份`,
    [other, 'POST', `/v1/applications/${id}/submission`, { ifMatch: version }],
    409,
    'month-already-claimed',
  );
  await client.post(other, `/v1/applications/${id}/withdrawal`, { ifMatch: version });
  await refused(
    '用过期的页面（If-Match）受理',
    [
      `handler-${application.agencyCode}`,
      'POST',
      `/v1/applications/${application.id}/acceptance`,
      { body: {}, ifMatch: application.version - 1 },
    ],
    412,
    'precondition-failed',
  );
}

/** Each agency's handler accepts all in one act, and those that were left out one by one. */
export async function acceptAll(play: Play, cases: readonly Case[]): Promise<Case[]> {
  const { client, tell } = play;
  const byAgency = Map.groupBy(cases, ({ application }) => application.agencyCode);
  const accepted: Case[] = [];
  for (const [agency, own] of byAgency) {
    const handler = `handler-${agency}`;
    const wanted = own.map(({ application: { id, version } }) => ({ applicationId: id, version }));
    const { done, items } = await client.post<Results>(handler, '/v1/acceptances', {
      body: { items: wanted },
    });
    for (const [index, one] of own.entries()) {
      if (items[index]?.result === null) accepted.push(await accept(play, one));
      else {
        const path = `/v1/applications/${one.application.id}`;
        accepted.push({ ...one, application: await client.get<Application>(handler, path) });
      }
    }
    tell(
      `  ${agency}：一次受理 ${done} 件，其余 ${own.length - done} 件逐件受理 · accepted together, one by one`,
    );
  }
  return accepted;
}

export async function accept(play: Play, one: Case): Promise<Case> {
  const { client, refused } = play;
  const { resident, application } = one;
  const { id, agencyCode } = application;
  const handler = `handler-${agencyCode}`;
  const path = `/v1/applications/${id}/acceptance`;
  let { version } = application;
  if (resident.lacks !== null) {
    const attempt = [handler, 'POST', path, { body: {}, ifMatch: version }] as const;
    await refused(`${application.applicant.name} 缺材料时受理`, attempt, 409, 'materials-missing');
    const form = paper(resident.lacks, pdf(`Copy for ${application.caseNumber}`), 'copy.pdf');
    await client.post(resident.by, `/v1/applications/${id}/materials`, { body: form });
    ({ version } = await client.get<Application>(handler, `/v1/applications/${id}`));
  }
  const isHopeless = Object.values(one.expect.months).every(
    (outcome) => !['payable', 'undetermined'].some((open) => outcome.includes(open)),
  );
  if (isHopeless) {
    const attempt = [handler, 'POST', path, { body: {}, ifMatch: version }] as const;
    await refused(
      `${application.applicant.name} 各月均不符合条件，未写理由受理`,
      attempt,
      422,
      'acceptance-needs-reason',
    );
  }
  const body = isHopeless ? { reason: '申请人对登记数据有异议，先予受理，由审核核定' } : {};
  const accepted = await client.post<Application>(handler, path, { body, ifMatch: version });
  return { ...one, application: accepted };
}

/** Who may not decide: the handler, and another agency's reviewer. */
export async function decideWithoutRight(play: Play, { application }: Case): Promise<void> {
  const { id, agencyCode, version } = application;
  const stranger = play.city.agencies.find((agency) => agency !== agencyCode) ?? '';
  const body = { comparisonId: randomUUID(), outcome: 'approved' };
  const path = `/v1/applications/${id}/decision`;
  await play.refused(
    '经办人员自己审核',
    [`handler-${agencyCode}`, 'POST', path, { body, ifMatch: version }],
    403,
    'forbidden',
  );
  await play.refused(
    '其他机构的审核人员审核',
    [`reviewer-${stranger}`, 'POST', path, { body, ifMatch: version }],
    404,
    'not-found',
  );
}

/** Reviewers compare and decide; cases that wait for a register are compared again after it has reported. */
export async function decideAll(play: Play, cases: readonly Case[]): Promise<DecidedCase[]> {
  const { tell, tie } = play;
  const compared = await forEachOne(cases, async (one) => {
    const comparison = await compare(play, one);
    tie(`${one.resident.name} 的预审与比对`, outcomesOf(one.forecast), outcomesOf(comparison.assessment));
    return { one, comparison };
  });
  const mustWait = ({ one, comparison }: (typeof compared)[number]) =>
    !one.resident.release && comparison.assessment.outcome === 'undetermined';
  const waiting = compared.filter(mustWait);
  const ready = compared.filter((each) => !mustWait(each));
  const decided = await forEachOne(ready, ({ one, comparison }) => decide(play, one, comparison));
  tell(`  已办结 ${decided.length} 件 decided，${waiting.length} 件等待登记机关 waiting`);
  const [first] = waiting;
  if (first !== undefined) await decideTooEarly(play, first.one, first.comparison);

  await reportAtLast(play);
  for (const { one } of waiting) decided.push(await decide(play, one, await compare(play, one)));
  for (const { resident } of cases) {
    if (resident.again === null) continue;
    const { claim, expect } = resident.again;
    const accepted = await accept(play, await apply(play, resident, claim, expect));
    tell(`  ${accepted.application.applicant.name} 再次申请放开的月份 ${claim.join('、')} · applies again`);
    decided.push(await decide(play, accepted, await compare(play, accepted)));
  }
  const approved = decided.filter(({ decision }) => decision.outcome === 'approved').length;
  tell(`  审核通过 ${approved} 件 approved，不予批准 ${decided.length - approved} 件 refused`);
  return decided;
}

async function decideTooEarly(play: Play, { application }: Case, comparison: Compared): Promise<void> {
  const { id, agencyCode } = application;
  const body = { comparisonId: comparison.id, outcome: 'approved' };
  const sent = { body, ifMatch: comparison.applicationVersion };
  const attempt = [`reviewer-${agencyCode}`, 'POST', `/v1/applications/${id}/decision`, sent] as const;
  await play.refused('登记机关尚未报送时审核通过', attempt, 409, 'decision-not-supported');
}

export async function compare({ client }: Play, { application }: Case): Promise<Compared> {
  const path = `/v1/applications/${application.id}/comparisons`;
  return await client.post<Compared>(`reviewer-${application.agencyCode}`, path);
}

/**
 * Approves the payable months or refuses the application, then compares the decision with the city's
 * expectation.
 */
export async function decide(play: Play, one: Case, first: Compared): Promise<DecidedCase> {
  const { client, tie } = play;
  const { resident, application, expect } = one;
  const path = `/v1/applications/${application.id}/decision`;
  let comparison = first;
  for (let attempt = 1; ; attempt += 1) {
    const isPayable = comparison.assessment.months.some(({ outcome }) => outcome === 'payable');
    const body = {
      comparisonId: comparison.id,
      outcome: isPayable ? 'approved' : 'refused',
      ...(resident.release ? { releaseUndetermined: true } : {}),
    };
    const answer = await client.try<Decided>(`reviewer-${application.agencyCode}`, 'POST', path, {
      body,
      ifMatch: comparison.applicationVersion,
    });
    if (answer.status === 201) {
      tie(`${resident.name} 的月份结论`, outcomesOf(answer.body.assessment), expect.months);
      tie(`${resident.name} 的金额`, answer.body.amountFen, expect.amountFen);
      return { ...one, decision: answer.body };
    }
    // New records mark open cases in the background, so the reviewer compares again.
    const isOutdated = answer.status === 409 || answer.status === 412;
    if (!isOutdated || attempt === maxLooks)
      throw new DemoError(
        `${application.caseNumber}: 未能办结 · was not decided: ${JSON.stringify(answer.body)}`,
      );
    comparison = await compare(play, one);
  }
}

export function applicationOf({ city }: Play, resident: Resident, months: readonly string[]) {
  const { name, identityNumber, account, phone, street, channel } = resident;
  return {
    channel,
    quarter: city.quarter,
    months,
    applicant: { identityNumber, name, phone },
    household: { streetCode: street.code },
    account: { bank: '景德镇农商银行', number: account, holder: name },
    work: { kind: 'platform', since: '2024-03-01', place: street.name },
    undertaking: undertakingOf(resident),
  };
}

export function undertakingOf({ by }: Resident) {
  return {
    version: 'jdz-2024-139',
    // A minute earlier, since a clock slightly behind would see it in the future.
    signedAt: new Date(Date.now() - 60_000).toISOString(),
    method: by.startsWith('platform') ? 'online-confirmation' : 'handwritten',
  };
}

/** Platforms send photographs, offices send scans. */
function paperFor(resident: Resident): FormData {
  return resident.by.startsWith('platform')
    ? paper('identity-card', photograph(resident.name.length + resident.claim.length), 'photo.png')
    : paper('identity-card', pdf(`Identity card, copied in ${resident.street.code}`), 'scan.pdf');
}

function paper(kind: string, content: Blob, name: string): FormData {
  const form = new FormData();
  form.set('kind', kind);
  form.set('content', content, name);
  return form;
}
