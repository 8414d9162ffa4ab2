// Month explanations: every check with its records, who did what, and what became of the money.

import t from 'tap';
import type { Static } from 'typebox';
import { extractText, getDocumentProxy } from 'unpdf';
import type { MonthExplanation } from '../../../src/oversight/explanations/schemas.ts';
import { catalogue } from '../../../src/rules/policy/catalogue.ts';
import { type City, setup } from '../../helper.ts';
import { contribution, held } from '../../registers/residents.ts';
import { strictMatch } from '../../strict-match.ts';

type Sheet = Static<typeof MonthExplanation>;

/** The text of the PDF without the whitespace that lines and cells insert. */
async function printed({ app, token }: City, by: string, url: string) {
  const headers = { authorization: `Bearer ${await token(by)}` };
  const answer = await app.inject({ url: `${url}/file`, headers });
  if (answer.statusCode !== 200) return { ...answer, text: '', pages: 0 };
  const document = await getDocumentProxy(new Uint8Array(answer.rawPayload));
  const { text, totalPages } = await extractText(document, { mergePages: true });
  return { ...answer, text: text.replaceAll(/\s/g, ''), pages: totalPages };
}

t.test('a month explanation shows all checks, all officers, the money and the recovery', async (t) => {
  const city = await setup(t);
  const { call, resident, approved, inPayment, settled, deliver, work } = city;
  const person = await resident();
  const { id, personId } = await approved(person);
  const batch = await settled(await inPayment());
  await deliver([contribution(person, '2025-04', { version: 2, refunded: true })]);
  await work();
  const url = `/v1/people/${personId}/months/2025-04/explanation`;
  const { body } = await call<Sheet>('auditor', 'GET', url, { status: 200 });
  const [one] = body.cases;
  t.equal(body.cases.length, 1);
  strictMatch(t, one, {
    applicationId: id,
    applicant: { name: person.name },
    caseState: 'approved',
    state: 'live',
    amountFen: 50_000,
  });
  t.strictSame(one?.parts.map(({ part }) => part).sort(), ['handler', 'payer', 'reviewer']);
  t.equal(new Set(one?.parts.map(({ officer }) => officer.account)).size, 3);
  const [decision] = one?.decisions ?? [];
  strictMatch(t, decision, {
    outcome: 'approved',
    policyVersion: 'jdz-2024-139/2025-01-01',
    monthOutcome: 'payable',
  });
  t.strictSame(decision?.checks.map(({ code }) => code).sort(), Object.keys(catalogue).sort());
  const contributed = decision?.checks.find(({ code }) => code === 'contributed');
  strictMatch(t, contributed, {
    answer: 'clear',
    records: [{ kind: 'contribution', source: 'jx-human-resources', version: 1 }],
  });
  t.strictSame(contributed?.registers, [], 'a record speaks for itself');
  const silent = decision?.checks.find(({ code }) => code === 'public-post');
  t.equal(silent?.answer, 'clear');
  t.strictSame(silent?.records, []);
  strictMatch(
    t,
    silent?.registers,
    [{ kind: 'public-post', source: 'jx-human-resources', throughMonth: '2025-06' }],
    'what has no record rests on what the register vouched for then',
  );
  t.equal(decision?.comparedAt, '2025-07-05T02:00:00.000000Z');
  strictMatch(t, one?.payments, [
    {
      state: 'paid',
      disbursementNumber: batch.number,
      batchNumber: batch.paymentFiles[0]?.batchNumber,
      requestedFen: 150_000,
      receivedFen: 150_000,
      amountFen: 50_000,
    },
  ]);
  strictMatch(t, one?.recoveries, [
    {
      state: 'suspected',
      cause: 'contradicting-record',
      amountFen: 50_000,
      findings: [{ check: 'contributed', article: '第一条第（二）项、第四条' }],
    },
  ]);
  const said = JSON.stringify(body);
  for (const secret of [person.identityNumber, person.identityNumber.slice(6), person.account]) {
    t.notMatch(said, new RegExp(secret));
  }
  t.equal((await call<Sheet>('reviewer-360203', 'GET', url, { status: 200 })).body.cases.length, 1);

  await t.test(
    'a month explanation is printed with the same content, and each printing is audited',
    async (t) => {
      const paper = await printed(city, 'auditor', url);
      const name = `${one?.caseNumber}-2025-04.pdf`;
      strictMatch(t, paper.headers, { 'content-type': 'application/pdf', 'cache-control': 'no-store' });
      t.match(paper.headers['content-disposition'], `attachment; filename="${name}"`);
      const { decisions = [], payments = [], parts = [] } = one ?? {};
      const words = [
        `申请人${person.name}`,
        body.identityNumber,
        ...decisions.flatMap(({ snapshotSha256, policyVersion, checks, term }) => [
          ...[snapshotSha256, policyVersion, term],
          ...checks.flatMap(({ article, title, explanation }) => [article, title, explanation]),
        ]),
        '社会保险缴费：2025年4月1日至30日；省人社一体化系统第1版，2025年7月5日10:00取得。',
        '公益性岗位安置情况：数据已更新到2025年6月，没有记录；省人社一体化系统，2025年7月5日10:00取得。',
        ...payments.flatMap(({ lineId, disbursementNumber, batchNumber }) => [
          ...[lineId, disbursementNumber, batchNumber ?? ''],
        ]),
        ...parts.map(({ officer: { account, name } }) => `${name}（${account.split('|').at(-1)}）`),
        '申请1500元，到账1500元',
        '500元，已发放',
        '疑似应追回',
        `第1页，共${paper.pages}页`,
      ];
      for (const word of words) t.ok(paper.text.includes(word.replaceAll(/\s/g, '')), word);
      for (const secret of [person.identityNumber, person.account]) {
        t.notOk(paper.text.includes(secret));
      }
      const { rows } = await city.db.pool.query(
        `select change from audit_entry where operation = 'getMonthExplanationFile' and person_id = $1`,
        [personId],
      );
      t.strictSame(rows, [{ change: { printed: `${one?.caseNumber}-2025-04` } }]);
      for (const [by, status] of [
        ['reviewer-360202', 404],
        ['platform-ganfutong', 403],
      ] as const) {
        t.equal((await printed(city, by, url)).statusCode, status);
      }
    },
  );
  await call('reviewer-360202', 'GET', url, { status: 404 });
  await call('platform-ganfutong', 'GET', url, { status: 403 });
  await call('auditor', 'GET', url.replace('2025-04', '2025-01'), { status: 404 });
});

t.test('an undone decision stays in the month explanation, with who undid it and why', async (t) => {
  const { call, approved, read, decided } = await setup(t);
  const application = await approved();
  const { id, personId, version } = application;
  const reason = '户籍记录有误';
  await call('second-reviewer-360203', 'POST', `/v1/applications/${id}/decision/undo`, {
    body: { reason },
    ifMatch: version,
    status: 200,
  });
  await decided(await read(application));
  const url = `/v1/people/${personId}/months/2025-05/explanation`;
  const { body } = await call<Sheet>('auditor', 'GET', url, { status: 200 });
  strictMatch(t, body.cases[0]?.decisions, [{ undone: { reason } }, { undone: null }]);
});

t.test('the explanation of a declined month shows its reasons, signed by its handler', async (t) => {
  const city = await setup(t);
  const { call, resident, applied, act, deliver } = city;
  const insured = await resident();
  await deliver([held('employer-insurance', insured, '2025-03-01')]);
  const declined = await act('handler-360203', await applied(insured), 'non-acceptance');
  const url = `/v1/people/${declined.personId}/months/2025-05/explanation`;
  const { body } = await call<Sheet>('auditor', 'GET', url, { status: 200 });
  const [one] = body.cases;
  t.strictSame(
    [one?.caseState, one?.state, one?.payments, one?.recoveries],
    ['not-accepted', 'refused', [], []],
  );
  const [decision] = one?.decisions ?? [];
  strictMatch(t, decision, {
    outcome: 'not-accepted',
    role: 'handler',
    monthOutcome: 'excluded',
    qualityReview: null,
  });
  strictMatch(
    t,
    decision?.checks.find(({ answer }) => answer === 'hit'),
    {
      code: 'employer-insured',
      article: '第六条第5项',
      records: [{ kind: 'employer-insurance', from: '2025-03-01' }],
    },
  );
  const { text } = await printed(city, 'handler-360203', url);
  for (const word of ['不予受理', '第六条第5项', '用人单位参保：2025年3月1日起'])
    t.ok(text.includes(word), word);
});
