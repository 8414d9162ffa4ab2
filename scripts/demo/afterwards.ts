// Events after the quarter that need an officer: a repaid month is granted again, a person dies before
// payment, a case moves to another agency, two people give the same account.

import { setTimeout as delay } from 'node:timers/promises';
import type { Static } from 'typebox';
import type { Application } from '../../src/applications/application/schemas.ts';
import type { Transfer } from '../../src/applications/transfers/schemas.ts';
import type { DisbursementAnswer } from '../../src/payments/disbursement/schemas.ts';
import type { Roster } from '../../src/payments/rosters/schemas.ts';
import { accept, apply, compare, decide } from './cases.ts';
import type { Resident, Row } from './city.ts';
import { DemoError } from './client.ts';
import { continueQuarter, mendName } from './day.ts';
import { type Payment, payAgency } from './money.ts';
import { scan } from './papers.ts';
import type { Case, DecidedCase, Play } from './play.ts';
import type { RefusedClaim } from './recoveries.ts';
import { deliverLater } from './registers.ts';
import { readReconciliations } from './report.ts';

type Decided = DecidedCase['decision'];

const learntWithinMs = 15_000;
const pollMs = 100;

/** Plays all of them; mismatches are added to the play's faults. */
export async function playAfterwards(play: Play, refusedClaims: readonly RefusedClaim[]): Promise<void> {
  const { afterwards, agencies } = play.city;
  const [dying, moved, misnamed, ...sharing] = afterwards;
  if (dying === undefined || moved === undefined || misnamed === undefined)
    throw new Error('the city has people for afterwards');
  await deliverLater(
    play,
    afterwards.flatMap(({ rows }) => rows),
  );
  const granted: DecidedCase[] = [];
  for (const claim of refusedClaims) granted.push(await claimRepaid(play, claim));
  granted.push(await dieBeforePayment(play, dying));
  const wrong = await approveAll(play, misnamed);
  const failed = (await payGranted(play, [...granted, wrong])).find(({ resident }) => resident === misnamed);
  if (failed === undefined) throw new DemoError(`${misnamed.name} 没有发放 · was not paid`);
  const mended = await mendName(play, wrong, failed);
  await payGranted(play, [await continueQuarter(play, mended)]);
  await handOver(play, moved);
  await shareAccount(play, sharing);
  for (const [agency, { balanced }] of await readReconciliations(play.client, agencies))
    play.tie(`${agency} 的资金对账此后仍平衡`, balanced, true);
}

/**
 * The contribution is paid again and the money has been returned: the rejected draft is submitted and
 * granted.
 */
async function claimRepaid(play: Play, { one, month, draft }: RefusedClaim): Promise<DecidedCase> {
  const { client, tell, tie } = play;
  const { resident } = one;
  const paid = resident.rows.find((row) => row.kind === 'contribution' && row['month'] === month);
  await deliverLater(play, [{ ...paid, version: 3, refunded: false }]);
  await client.post(resident.by, `/v1/applications/${draft.id}/materials`, { body: scan('identity-card') });
  const { version } = await client.get<Application>(resident.by, `/v1/applications/${draft.id}`);
  const application = await client.post<Application>(resident.by, `/v1/applications/${draft.id}/submission`, {
    ifMatch: version,
  });
  const expect = { months: { [month]: ['payable'] }, amountFen: 50_000 };
  const again = {
    ...one,
    resident: { ...resident, expect, again: null },
    claim: [month],
    application,
    expect,
  };
  const accepted = await accept(play, again);
  const granted = await decide(play, accepted, await compare(play, accepted));
  tie(`${resident.name} 还清后再次核定`, granted.decision.amountFen, 50_000);
  tell(`  ✓ ${resident.name} 的 ${month} 退还后再次核定 · repaid, and granted again`);
  return granted;
}

/**
 * Approved and on a roster, then a death is reported. The line is held until two officers have found who is paid.
 */
async function dieBeforePayment(play: Play, resident: Resident): Promise<DecidedCase> {
  const { client, tell, tie } = play;
  const granted = await approveAll(play, resident);
  const { application, decision } = granted;
  const { agencyCode } = application;
  const payer = `payer-${agencyCode}`;
  const { id } = await client.post<DisbursementAnswer>(payer, '/v1/disbursements');
  await deliverLater(play, [laterOf(resident)]);
  const path = `/v1/disbursements/${id}/rosters/${resident.street.code}`;
  const line = await until(`${resident.name} 的发放暂缓`, async () => {
    const { lines } = await client.get<Static<typeof Roster>>(payer, path);
    return lines.find((one) => one.caseNumber === decision.caseNumber && one.state === 'held');
  });
  tell(`  ⏸ ${line.name}：${line.holdReason}`);
  await nameHeir(play, application.id, { street: resident.street.code, agencyCode });
  await client.post(`handler-${agencyCode}`, `/v1/disbursements/${id}/lines/${line.lineId}/release`, {
    body: { reason: '领取人已经两人核实' },
  });
  const { version } = await client.get<DisbursementAnswer>(payer, `/v1/disbursements/${id}`);
  await client.post(payer, `/v1/disbursements/${id}/cancellation`, {
    body: { reason: '名单有变，重新汇集' },
    ifMatch: version,
  });
  tie(`${resident.name} 的发放`, line.amountFen, resident.expect.amountFen);
  tell('  ✓ 由两人确定的领取人领取 · paid to the heir whom two officers have found');
  return granted;
}

/** The spouse is proposed by the street with two papers, and confirmed by a reviewer. */
async function nameHeir(
  { client }: Play,
  applicationId: string,
  place: { readonly street: string; readonly agencyCode: string },
): Promise<void> {
  const by = `street-${place.street}`;
  const url = `/v1/applications/${applicationId}`;
  const add = async (kind: string) => {
    const { id } = await client.post<{ readonly id: string }>(by, `${url}/materials`, { body: scan(kind) });
    return id;
  };
  const { payeeChangeId } = await client.post<{ readonly payeeChangeId: string }>(by, `${url}/heirs`, {
    body: {
      heir: {
        name: '李晓梅',
        identityNumber: '360299197608150020',
        relation: 'spouse',
        account: { bank: '景德镇农商银行', number: '6217000000000000126' },
      },
      deathCertificateId: await add('death-certificate'),
      relationProofId: await add('kinship-proof'),
      reason: '已核对死亡证明和结婚证，其他继承人书面同意由其领取',
    },
  });
  await client.post(`reviewer-${place.agencyCode}`, `${url}/payee-changes/${payeeChangeId}/confirmation`);
}

/** Pays what was granted afterwards, including the repaid month. */
async function payGranted(play: Play, granted: readonly DecidedCase[]): Promise<Payment[]> {
  const all: Payment[] = [];
  for (const [agency, own] of Map.groupBy(granted, ({ application }) => application.agencyCode)) {
    const payments = await payAgency(play, agency, own, false);
    all.push(...payments);
    for (const { resident } of own)
      play.tie(
        `${resident.name} 此后的发放`,
        payments.find((one) => one.resident === resident)?.state,
        resident.bank === 'paid' ? 'paid' : 'failed',
      );
  }
  return all;
}

/**
 * The register of households corrects itself: the handler transfers the case, and the other agency continues
 * it.
 */
async function handOver(play: Play, resident: Resident): Promise<void> {
  const { client, tell, tie, refused } = play;
  const one = await apply(play, resident, resident.claim, resident.expect);
  const { id, agencyCode, version } = one.application;
  await deliverLater(play, [laterOf(resident)]);
  const body = { streetCode: String(laterOf(resident)['street']), reason: '户籍登记更正，户籍在西郊街道' };
  const path = `/v1/applications/${id}/transfer`;
  const transfer = await client.post<Static<typeof Transfer>>(`handler-${agencyCode}`, path, {
    body,
    ifMatch: version,
  });
  tie(`${resident.name} 移送后的经办机构`, transfer.to.agencyCode, '360202');
  const attempt = [
    `handler-${agencyCode}`,
    'POST',
    `/v1/applications/${id}/acceptance`,
    { body: {}, ifMatch: transfer.version },
  ] as const;
  await refused('移送后原机构受理', attempt, 404, 'not-found');
  const application = await client.get<Application>('handler-360202', `/v1/applications/${id}`);
  const accepted = await accept(play, { ...one, application });
  const { decision } = await decide(play, accepted, await compare(play, accepted));
  tell(
    `  ⇒ ${decision.caseNumber} 由 ${agencyCode} 移送 ${transfer.to.agencyCode}，办结 · handed over, decided there`,
  );
}

/** Two people give the same account: the second is approved only with the reviewer's reason. */
async function shareAccount(play: Play, residents: readonly Resident[]): Promise<void> {
  const { client, tell, tie, refused } = play;
  const [first, second] = residents;
  if (first === undefined || second === undefined) throw new Error('two people share an account');
  await apply(play, first, first.claim, first.expect);
  const sharing = { ...second, account: first.account };
  const one = await accept(play, await apply(play, sharing, sharing.claim, sharing.expect));
  const comparison = await compare(play, one);
  const flags = comparison.flags.map(({ code }) => code);
  tie(`${second.name} 的提示`, flags.includes('shared-account'), true);
  const path = `/v1/applications/${one.application.id}/decision`;
  const reviewer = `reviewer-${one.application.agencyCode}`;
  const body = { comparisonId: comparison.id, outcome: 'approved' };
  const sent = { body, ifMatch: comparison.applicationVersion };
  await refused(
    `${second.name} 的账户与他人相同，未写理由`,
    [reviewer, 'POST', path, sent],
    422,
    'flags-unconfirmed',
  );
  const confirmations = [{ flag: 'shared-account', reason: '经核实，二人为姐妹，账户系本人社保卡' }];
  const { amountFen } = await client.post<Decided>(reviewer, path, {
    ...sent,
    body: { ...body, confirmations },
  });
  tie(`${second.name} 的金额`, amountFen, second.expect.amountFen);
  tell('  ✓ 写明理由后审核通过 · approved with a reason');
}

async function approveAll(play: Play, resident: Resident): Promise<DecidedCase> {
  const accepted: Case = await accept(play, await apply(play, resident, resident.claim, resident.expect));
  return await decide(play, accepted, await compare(play, accepted));
}

function laterOf({ name, later }: Resident): Row {
  if (later === null) throw new Error(`nothing is learnt of ${name}`);
  return later.row;
}

/** Waits, since the service works in the background. */
async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let waitedMs = 0; waitedMs < learntWithinMs; waitedMs += pollMs) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(pollMs);
  }
  throw new DemoError(`${what}: 等待超时 · it did not happen`);
}
