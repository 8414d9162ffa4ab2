// The content of decision notices: the outcome of each month, and the evidence from the records.

import t from 'tap';
import { evidenceSheet, monthDecisions, recordsOf } from '../../../src/decisions/decision/evidence-sheet.ts';
import { decisionContent } from '../../../src/notifications/notices/appealable.ts';
import type { NoticeSubject } from '../../../src/notifications/notices/content.ts';
import { printNotice } from '../../../src/notifications/notices/paper.ts';
import { agencyOn } from '../../../src/platform/reference/agencies.ts';
import { sourceName } from '../../../src/platform/reference/sources.ts';
import { assess } from '../../../src/rules/assess.ts';
import { describeAssessment } from '../../../src/rules/explain/explain.ts';
import { addMonths } from '../../../src/values/days.ts';
import { wordsOf } from '../../pdf-words.ts';
import { policies, policyOn } from '../../published-policies.ts';
import { type Case, claimOf } from '../../rules/case-file.ts';

const subject: NoticeSubject = {
  name: '欧***',
  identityNumber: '3****************6',
  caseNumber: 'JDZ25-0000123-0',
  quarter: '2025Q2',
  months: ['2025-04', '2025-05', '2025-06'],
  agencyName: '珠山区就业创业服务中心',
  streetName: '新厂街道',
  household: '景德镇市珠山区新厂街道',
};

const issuing = { agency: agencyOn('360203', '2025-07-05'), replaced: null };

function decided(changed: Partial<Case>) {
  const claim = claimOf({ name: '', expect: { months: {}, amountFen: 0 }, ...changed });
  const assessment = describeAssessment(
    assess(claim, policyOn(claim.decidedOn, { statutoryAge: 'national' })),
    claim,
    policies,
  );
  const learntAt = '2025-07-05T02:00:00Z';
  const records = claim.facts.map(({ id }) => ({
    id,
    source: 'jx-human-resources',
    sourceKey: id,
    version: 1,
    learntAt,
  }));
  const evidence = evidenceSheet(assessment, claim, { records, coverage: [] });
  const isApproved = assessment.months.some(({ outcome }) => outcome === 'payable');
  const outcome = isApproved ? 'approved' : 'refused';
  const months = monthDecisions(assessment, outcome, evidence, (check) => recordsOf(check, claim, records));
  return { evidence, months };
}

t.test('a partial decision’s notice shows an undetermined month as undecided, not as refused', async (t) => {
  const { paragraphs, closing } = decisionContent(
    subject,
    [
      { month: '2025-04', decision: 'granted', amountFen: 50_000, reason: '' },
      { month: '2025-05', decision: 'refused', amountFen: null, reason: '' },
      { month: '2025-06', decision: 'undecided', amountFen: null, reason: '' },
    ],
    [],
    issuing,
  );
  t.strictSame(paragraphs, [
    '您的申请（受理编号JDZ25-0000123-0，2025年4月至6月）审核通过1个月（2025年4月），' +
      '补贴金额500元（人民币伍佰元整）。2025年5月未通过，原因见下表。' +
      '2025年6月数据未到齐，本次未作决定，到齐后可再申请，尚待核实的事项见下表。' +
      '依据《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》（景人社字〔2024〕139号）' +
      '第二条、第五条第（四）项和下表所列条款决定。所依据的登记记录见所附比对情况说明。',
  ]);
  t.equal(closing.at(-1), '如有疑问，请向新厂街道窗口或珠山区就业创业服务中心咨询。');
  const { evidence } = decided({ claim: ['2025-04'], coverage: { imprisonment: '2025-03' } });
  const [open] = evidence;
  t.equal(open?.explanation, '2025年4月数据未到齐，本次未作决定，到齐后可再申请。');
  t.strictSame(
    open?.checks.map(({ article, explanation }) => [article, explanation]),
    [['第六条第3项', '服刑情况的数据尚未更新到2025年4月，暂时无法核对；待数据更新或经办人员核实后再判断。']],
  );
});

t.test(
  'a notice shows months granted elsewhere as a number and months, not as days without an end',
  async (t) => {
    const months = Array.from({ length: 35 }, (_, at) => addMonths('2022-01', at));
    const granted = { firstApprovedOn: '2022-02-10', near: false, months };
    const { months: refused, evidence } = decided({
      term: { firstApprovedOn: '2022-02-10', near: false, used: 36 },
      claim: ['2025-04'],
      add: [{ kind: 'prior-benefit', from: '2022-02-10', ...granted }],
    });
    const content = decisionContent(subject, refused, evidence, issuing);
    const paper = await printNotice({
      noticeNumber: 'JDZ25-0000123-0-01',
      verificationCode: '7Q2M-4X9K-1ABC-D3EF',
      issuedAt: '2025-07-05T02:00:00Z',
      content,
    });
    const words = await wordsOf(paper);
    t.ok(
      words.includes('此前享受补贴：共35个月（2022年1月至2024年11月）；省人社一体化系统，2025年7月5日取得。'),
      words,
    );
    t.ok(words.includes('您累计享受补贴已满36个月。'), words);
  },
);

t.test('each month is told with what was found and the article, not with the rule', async (t) => {
  const { months } = decided({
    claim: ['2025-04', '2025-05'],
    add: [{ kind: 'employer-insurance', from: '2025-05-01', to: '2025-05-31' }],
  });
  t.strictSame(months, [
    {
      month: '2025-04',
      decision: 'granted',
      amountFen: 50_000,
      reason:
        '省人社一体化系统2025年7月5日的记录显示，您以个人身份缴纳了2025年4月的职工养老保险费。' +
        '其他各项条件也都符合，没有第六条所列情形。（第一条、第二条）',
    },
    {
      month: '2025-05',
      decision: 'refused',
      amountFen: null,
      reason: '您2025年5月有用人单位参保记录（2025年5月1日至31日）。（第六条第5项）',
    },
  ]);
});

t.test('a notice names a source in Chinese, and never shows the code of one without a name', async (t) => {
  t.equal(sourceName('jx-human-resources'), '省人社一体化系统');
  t.equal(sourceName('officer'), '经办人员核实');
  t.equal(sourceName('hand-360203'), '经办机构手工导入');
  t.equal(sourceName('client:platform-ganfutong'), '申请渠道');
  t.equal(sourceName('jx-somewhere-new'), '登记机关');
});
