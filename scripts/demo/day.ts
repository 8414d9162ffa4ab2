// A day's work: a street works through its queue of notices, a wrong name is mended and paid, and a case is continued in
// the next quarter.

import type { Static } from 'typebox';
import type { Application } from '../../src/applications/application/schemas.ts';
import type { ContinuedApplication } from '../../src/eligibility/continuing/schemas.ts';
import type { Notice } from '../../src/notifications/notices/schemas.ts';
import type { PayeeChange } from '../../src/payments/payee-changes/schemas.ts';
import { accept, compare, decide, undertakingOf } from './cases.ts';
import type { Street } from './city.ts';
import { type Payment, payAgain } from './money.ts';
import { scan } from './papers.ts';
import type { DecidedCase, Play, Results } from './play.ts';
import { deliverLater } from './registers.ts';

const mostTold = 100;

/** Each street telephones whom it has to tell, and records all calls in one act. */
export async function tellNotices({ client, tell, tie }: Play, streets: ReadonlySet<Street>): Promise<void> {
  for (const { code, name } of streets) {
    const officer = `street-${code}`;
    const untold = `/v1/notices?delivery=waiting&limit=${mostTold}`;
    const { items } = await client.get<{ items: readonly Static<typeof Notice>[] }>(officer, untold);
    if (items.length === 0) continue;
    const calls = items.map(({ id, version }) => ({
      noticeId: id,
      version,
      method: 'phone',
      outcome: 'told',
    }));
    const told = await client.post<Results>(officer, '/v1/notice-deliveries', { body: { items: calls } });
    tie(`${name} 告知的份数`, [told.done, told.refused, told.waiting], [items.length, 0, 0]);
    tell(`  ☎ ${name} 一次登记 ${told.done} 份 · told`);
  }
}

/** The bank did not know the name: the identity card shows the right one, another officer confirms, and it is paid again. */
export async function mendName(play: Play, one: DecidedCase, failed: Payment): Promise<DecidedCase> {
  const { client, tell, tie } = play;
  const { resident, application } = one;
  const { id, agencyCode } = application;
  const street = `street-${resident.street.code}`;
  const card = await client.post<{ id: string }>(street, `/v1/applications/${id}/materials`, {
    body: scan('identity-card'),
  });
  const name = `${resident.name}英`;
  const change = await client.post<Static<typeof PayeeChange>>(
    street,
    `/v1/applications/${id}/name-corrections`,
    {
      body: { name, materialId: card.id, reason: '填报时少录一字，已核对身份证原件' },
    },
  );
  const confirmation = `/v1/applications/${id}/payee-changes/${change.payeeChangeId}/confirmation`;
  await client.post(`reviewer-${agencyCode}`, confirmation);
  const { disbursementId, line } = failed;
  const reissue = `/v1/disbursements/${disbursementId}/lines/${line.lineId}/reissue`;
  await client.post(`payer-${agencyCode}`, reissue, { body: { reason: '姓名已更正，按原账户重新发放' } });
  await client.post(`reviewer-${agencyCode}`, `${reissue}/confirmation`);
  const paid = await payAgain(play, failed);
  tie(`${name} 重新发放`, [paid?.name, paid?.amountFen, paid?.state], [name, line.amountFen, 'paid']);
  tell(`  ✓ 姓名更正为 ${name}，重新发放 · the name is mended, and paid without a recovery`);
  return { ...one, resident: { ...resident, name, bank: 'paid' } };
}

const nextQuarter = ['2025-07', '2025-08', '2025-09'];

/** The last case becomes the draft of the next quarter; only the undertaking is signed anew. */
export async function continueQuarter(play: Play, last: DecidedCase): Promise<DecidedCase> {
  const { client, tell, tie } = play;
  const { resident, application } = last;
  const contribution = resident.rows.find(({ kind }) => kind === 'contribution');
  await deliverLater(
    play,
    nextQuarter.map((month) => ({
      ...contribution,
      month,
      sourceKey: `${contribution?.sourceKey}-${month}`,
    })),
  );
  const continued = await client.post<Static<typeof ContinuedApplication>>(
    resident.by,
    `/v1/applications/${application.id}/continuations`,
  );
  const { id, months } = continued.application;
  tie(
    `${resident.name} 续申的月份`,
    months.map(({ month }) => month),
    nextQuarter,
  );
  for (const { detail } of continued.changes) tell(`  · ${detail}`);
  const signed = await client.patch<Application>(resident.by, `/v1/applications/${id}`, {
    body: { undertaking: undertakingOf(resident) },
    ifMatch: continued.application.version,
  });
  const submitted = await client.post<Application>(resident.by, `/v1/applications/${id}/submission`, {
    ifMatch: signed.version,
  });
  const expect = {
    months: Object.fromEntries(nextQuarter.map((month) => [month, ['payable']])),
    amountFen: 150_000,
  };
  const one = await accept(play, { ...last, application: submitted, claim: nextQuarter, expect });
  const decided = await decide(play, one, await compare(play, one));
  tell(`  ✓ ${submitted.caseNumber} 由 ${application.caseNumber} 续申，已审核 · continued and approved`);
  return { ...decided, resident: { ...resident, expect } };
}
