// Lays out a notice, as the API returns it, on paper.

import { printSheet, type Sheet } from '../../platform/documents/sheet.ts';
import { dayInShanghai } from '../../values/days.ts';
import {
  dayInWords,
  moneyInWords,
  monthInWords,
  monthsInWords,
  periodInWords,
} from '../../values/wording.ts';
import {
  type EvidenceMonth,
  type EvidenceRecord,
  type FailedCheck,
  type MonthDecision,
  monthDecisions,
  type NoticeContent,
} from './content.ts';

export interface PrintedNotice {
  readonly noticeNumber: string;
  readonly verificationCode: string;
  readonly issuedAt: string;
  readonly content: NoticeContent;
}

export async function printNotice(notice: PrintedNotice): Promise<Buffer> {
  const { title, subject, paragraphs, months, items, fillIn, closing, evidence } = notice.content;
  const head = {
    issuer: subject.agencyName,
    title,
    number: notice.noticeNumber,
    issuedAt: notice.issuedAt,
    verificationCode: notice.verificationCode,
  };
  return await printSheet(head, async (sheet) => {
    sheet.facts([
      ['申请人', subject.name],
      ['身份证号', subject.identityNumber],
      ['受理编号', subject.caseNumber],
      ['涉及月份', monthsInWords(subject.months)],
      ['户籍所在地', subject.household],
      ['经办机构', subject.agencyName],
      ['住址（本案未登记，手写）', ''],
    ]);
    sheet.line(`${subject.name}：`);
    const before = closing.length > 0 ? paragraphs : paragraphs.slice(0, -1);
    const after = closing.length > 0 ? closing : paragraphs.slice(-1);
    for (const paragraph of before) sheet.paragraph(paragraph);
    if (months.length > 0) await writeMonths(sheet, months);
    if (items.length > 0) {
      const rows = items.map((item, index) => [String(index + 1), item.subject, item.problem, item.remedy]);
      await sheet.table(['序号', '事项', '存在的问题', '如何补正'], rows, [34, 110, 150, '*']);
    }
    if (fillIn.length > 0) sheet.blanks(fillIn.map((name) => `${name}：`));
    for (const paragraph of after.slice(0, -1)) sheet.paragraph(paragraph);
    sheet.issuedBy(subject.agencyName, after.at(-1) ?? '');
    sheet.blanks(['告知方式（电话、当面、短信）：', '告知日期：', '告知人（签名）：', '申请人（签名）：']);
    sheet.note('本文书的真伪可凭页脚的验证码在线核验，或向出具机构查询。');
    if (evidence.length > 0) await writeEvidence(sheet, evidence);
  });
}

async function writeMonths(sheet: Sheet, months: readonly MonthDecision[]): Promise<void> {
  const rows = months.map(({ month, decision, amountFen, reason }) => [
    monthInWords(month),
    monthDecisions[decision],
    amountFen === null ? '—' : moneyInWords(amountFen),
    reason,
  ]);
  await sheet.table(['月份', '决定', '金额', '理由和条款'], rows, [62, 66, 50, '*']);
}

async function writeEvidence(sheet: Sheet, evidence: readonly EvidenceMonth[]): Promise<void> {
  sheet.heading('附：比对情况说明（条款指正文所引办法的条款）');
  for (const { explanation, checks } of evidence) {
    sheet.line(explanation);
    if (checks.length === 0) continue;
    const rows = checks.map((check) => [check.article, check.title, check.explanation, restsOn(check)]);
    await sheet.table(['条款', '核查项目', '比对结果', '依据（记录、来源、取得日期）'], rows, [
      66,
      84,
      132,
      '*',
    ]);
  }
}

/** The evidence as a screenshot of the register would show it. */
function restsOn({ records, registers }: FailedCheck): string {
  const lines = [
    ...records.map(
      (record) =>
        `${record.title}：${heldInWords(record)}；${record.source}，${instantInWords(record.learntAt)}取得。`,
    ),
    ...registers.map(
      ({ title, source, throughMonth, learntAt }) =>
        `${title}：数据已更新到${monthInWords(throughMonth)}，没有您的记录；${source}，${instantInWords(learntAt)}取得。`,
    ),
  ];
  return lines.length === 0 ? '按年龄或本服务已核定的月份判定。' : lines.join('\n');
}

function heldInWords({ from, to, months }: EvidenceRecord): string {
  if (months !== undefined) return `共${months.length}个月（${monthsInWords(months)}）`;
  if (to === null) return `${dayInWords(from)}起`;
  return from === to ? dayInWords(from) : periodInWords(from, to);
}

function instantInWords(instant: string): string {
  return dayInWords(dayInShanghai(Temporal.Instant.from(instant)));
}
