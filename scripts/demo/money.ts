// The payment steps in each agency: gathered, verified by the streets, requested from finance, received,
// paid, and answered by the bank.

import type { Static } from 'typebox';
import type { DisbursementAnswer } from '../../src/payments/disbursement/schemas.ts';
import type { Roster } from '../../src/payments/rosters/schemas.ts';
import type { Resident } from './city.ts';
import { type DecidedCase, type Play, sum, yuan } from './play.ts';

type RosterAnswer = Static<typeof Roster>;
type Line = RosterAnswer['lines'][number];

/** The result of one line of this demo's people. */
export interface Payment {
  readonly resident: Resident;
  readonly disbursementId: string;
  readonly line: Line;
  readonly state: 'paid' | 'failed' | 'held';
  readonly reason: string | null;
}

/** Where this demo's files are written. */
const format = { format: 'utf-8-csv' };

/** The disbursement's only batch. */
function batchNumberOf({ paymentFiles }: DisbursementAnswer): string {
  return paymentFiles[0]?.batchNumber ?? '';
}

/** Pays what was approved in one agency. With `mishaps`, also tries what must fail. */
export async function payAgency(
  play: Play,
  agency: string,
  cases: readonly DecidedCase[],
  mishaps: boolean,
): Promise<Payment[]> {
  const { client, tell } = play;
  const payer = `payer-${agency}`;
  const { id } = await client.post<DisbursementAnswer>(payer, '/v1/disbursements');
  const { lines, batch } = await verifyRosters(play, payer, id, cases, mishaps);
  const held = lines.filter(({ state }) => state === 'held');
  const orders = lines.filter(({ state }) => state === 'waiting');
  const funded = await fund(play, agency, batch, orders, mishaps);
  if (mishaps) {
    const path = `/v1/disbursements/${id}/payment`;
    const attempt = [`handler-${agency}`, 'POST', path, { ifMatch: funded.version, body: format }] as const;
    await play.refused('经办人员自己发放', attempt, 403, 'forbidden');
  }
  const sent = await client.post<DisbursementAnswer>(payer, `/v1/disbursements/${id}/payment`, {
    ifMatch: funded.version,
    body: format,
  });
  await checkPaymentFile(play, payer, sent, orders);
  const results = await applyResults(play, payer, sent, orders, cases, mishaps);
  tell(
    `  ${agency} ${funded.number}：${orders.length} 笔 ${yuan(sum(orders, ({ amountFen }) => amountFen))} 元，` +
      `失败 ${results.filter(({ state }) => state === 'failed').length} 笔，暂缓 ${held.length} 笔 · paid, failed, held`,
  );
  const heldPayments = held.flatMap((line): Payment[] => {
    const resident = residentOf(cases, line);
    return resident === null
      ? []
      : [{ resident, disbursementId: id, line, state: 'held', reason: line.holdReason }];
  });
  return [...results, ...heldPayments];
}

/** Each street signs its roster and holds lines, those that the city names and those of other runs. */
async function verifyRosters(
  play: Play,
  payer: string,
  id: string,
  cases: readonly DecidedCase[],
  mishaps: boolean,
): Promise<{ lines: Line[]; batch: DisbursementAnswer }> {
  const { client, tell, tie } = play;
  const { rosters } = await client.get<DisbursementAnswer>(payer, `/v1/disbursements/${id}`);
  const lines: Line[] = [];
  for (const [index, { streetCode, streetName }] of rosters.entries()) {
    const officer = `street-${streetCode}`;
    const path = `/v1/disbursements/${id}/rosters/${streetCode}`;
    const roster = await client.get<RosterAnswer>(officer, path);
    if (mishaps && index === 0) {
      const attempt = [
        payer,
        'POST',
        `/v1/disbursements/${id}/fund-request`,
        { ifMatch: roster.version },
      ] as const;
      await play.refused('名单未核对完就申请资金', attempt, 409, 'rosters-incomplete');
    }
    const held = roster.lines.flatMap((line) => {
      const resident = residentOf(cases, line);
      const reason = resident === null ? '不属于本次演示' : resident.hold;
      return reason === null ? [] : [{ lineId: line.lineId, reason }];
    });
    const verified = await client.post<RosterAnswer>(officer, `${path}/verification`, {
      body: { held },
      ifMatch: roster.version,
    });
    for (const line of verified.lines) {
      const resident = residentOf(cases, line);
      if (resident !== null) tieLine(play, resident, line);
      if (line.state === 'held') tell(`  ⏸ ${streetName} 暂缓 ${line.name}：${line.holdReason}`);
    }
    tie(`${streetName} 的名单人数`, verified.lines.length, roster.lines.length);
    lines.push(...verified.lines);
  }
  return { lines, batch: await client.get<DisbursementAnswer>(payer, `/v1/disbursements/${id}`) };
}

/** One line per person, with every payable month of all their cases. */
function tieLine({ tie }: Play, resident: Resident, line: Line): void {
  const expectations = [resident.expect, ...(resident.again === null ? [] : [resident.again.expect])];
  const payable = expectations.flatMap(({ months }) =>
    Object.entries(months).flatMap(([month, said]) => (said.includes('payable') ? [month] : [])),
  );
  tie(`${resident.name} 的发放月份`, line.months.toSorted(), payable.sort());
  tie(
    `${resident.name} 的发放金额`,
    line.amountFen,
    sum(expectations, ({ amountFen }) => amountFen),
  );
}

/** Finance pays exactly what was requested. */
async function fund(
  play: Play,
  agency: string,
  batch: DisbursementAnswer,
  orders: readonly Line[],
  mishaps: boolean,
): Promise<DisbursementAnswer> {
  const { client, tie } = play;
  const asked = await client.post<DisbursementAnswer>(
    `payer-${agency}`,
    `/v1/disbursements/${batch.id}/fund-request`,
    { ifMatch: batch.version },
  );
  const amountFen = sum(orders, (line) => line.amountFen);
  tie(
    `${agency} 的资金申请`,
    [asked.fundRequest?.lineCount, asked.fundRequest?.amountFen],
    [orders.length, amountFen],
  );
  const path = `/v1/disbursements/${batch.id}/fund-receipts`;
  const receivedOn = Temporal.Now.plainDateISO('Asia/Shanghai').toString();
  const receipt = { amountFen, reference: `拨款 ${batch.number}`, receivedOn };
  if (mishaps) {
    const body = { ...receipt, amountFen: amountFen - 1 };
    const attempt = [`finance-${agency}`, 'POST', path, { body, ifMatch: asked.version }] as const;
    await play.refused('到账比申请少一分', attempt, 422, 'receipt-mismatch');
  }
  return await client.post<DisbursementAnswer>(`finance-${agency}`, path, {
    body: receipt,
    ifMatch: asked.version,
  });
}

/** Checks that the file states its count and total, and contains exactly those lines. */
async function checkPaymentFile(
  { client, tie }: Play,
  payer: string,
  sent: DisbursementAnswer,
  orders: readonly Line[],
): Promise<void> {
  const { id, number } = sent;
  const file = await client.get<string>(payer, `/v1/disbursements/${id}/payment/file`);
  const [, totals = '', , ...rows] = file.split('\r\n').filter((row) => row !== '');
  const [batchNumber, count, total] = totals.split(',');
  const wanted = [
    batchNumberOf(sent),
    String(orders.length),
    yuan(sum(orders, ({ amountFen }) => amountFen)),
  ];
  tie(`${number} 发放文件的合计`, [batchNumber, count, total], wanted);
  const written = rows.map((row) => row.split(',')).map((cells) => [cells.at(0), cells.at(-1)]);
  const ordered = orders.map(({ lineId, amountFen }) => [lineId, yuan(amountFen)]);
  tie(`${number} 发放文件的各行`, written.sort(), ordered.sort());
}

/** The bank's answers: a first file with all lines and, for those still unknown, a second. */
async function applyResults(
  play: Play,
  payer: string,
  batch: DisbursementAnswer,
  orders: readonly Line[],
  cases: readonly DecidedCase[],
  mishaps: boolean,
): Promise<Payment[]> {
  const { client, tell, tie } = play;
  const path = `/v1/disbursements/${batch.id}/payment-results`;
  const first = orders.map((line) => ({ line, answer: residentOf(cases, line)?.bank ?? 'paid' }));
  const file = { body: resultsOf(batchNumberOf(batch), first) };
  await client.post(payer, path, file);
  if (mishaps)
    await play.refused('同一份结果登记两次', [payer, 'POST', path, file], 409, 'results-already-applied');
  const unknown = first.filter(({ answer }) => answer === 'unknown');
  if (unknown.length > 0) {
    const { state } = await client.get<DisbursementAnswer>(payer, `/v1/disbursements/${batch.id}`);
    tie(`${batch.number} 尚有未明结果`, state, 'in-payment');
    tell(
      `  ? ${batch.number} 有 ${unknown.length} 笔结果不明，不重发，向银行查询 · asked for, never sent again`,
    );
    const second = unknown.map(({ line }) => ({ line, answer: 'paid' as const }));
    await client.post(payer, path, { body: resultsOf(batchNumberOf(batch), second) });
  }
  const { state } = await client.get<DisbursementAnswer>(payer, `/v1/disbursements/${batch.id}`);
  tie(`${batch.number} 已办结`, state, 'settled');
  return first.flatMap(({ line, answer }): Payment[] => {
    const resident = residentOf(cases, line);
    if (resident === null) return [];
    return typeof answer === 'object'
      ? [{ resident, disbursementId: batch.id, line, state: 'failed', reason: answer.failed }]
      : [{ resident, disbursementId: batch.id, line, state: 'paid', reason: null }];
  });
}

/** The next payment file of a disbursement whose line is paid again; returns the line as it is then. */
export async function payAgain(
  { client }: Play,
  { disbursementId, resident }: Payment,
): Promise<Line | undefined> {
  const payer = `payer-${resident.street.agency}`;
  const path = `/v1/disbursements/${disbursementId}`;
  const { version } = await client.get<DisbursementAnswer>(payer, path);
  const { paymentFiles } = await client.post<DisbursementAnswer>(payer, `${path}/payment`, {
    ifMatch: version,
    body: format,
  });
  const find = async (state: Line['state']) => {
    const { lines } = await client.get<RosterAnswer>(payer, `${path}/rosters/${resident.street.code}`);
    return lines.filter((line) => line.state === state && line.replacesLineId !== null);
  };
  const sent = (await find('in-payment')).map((line) => ({ line, answer: 'paid' as const }));
  const body = resultsOf(paymentFiles.at(-1)?.batchNumber ?? '', sent);
  await client.post(payer, `${path}/payment-results`, { body });
  return (await find('paid'))[0];
}

function resultsOf(batchNumber: string, answered: readonly { line: Line; answer: Resident['bank'] }[]) {
  const lines = answered.map(({ line: { lineId, amountFen }, answer }) =>
    typeof answer === 'object'
      ? { lineId, amountFen, result: 'failed' as const, failure: answer.failed }
      : { lineId, amountFen, result: answer },
  );
  const totalOf = (result: string) =>
    sum(
      lines.filter((line) => line.result === result),
      ({ amountFen }) => amountFen,
    );
  const totals = {
    count: lines.length,
    paidFen: totalOf('paid'),
    failedFen: totalOf('failed'),
    unknownFen: totalOf('unknown'),
  };
  return { batchNumber, totals, lines };
}

/** The person of a line; null for somebody of an earlier run on the same sandbox. */
function residentOf(cases: readonly DecidedCase[], line: Line): Resident | null {
  return cases.find(({ decision }) => decision.caseNumber === line.caseNumber)?.resident ?? null;
}
