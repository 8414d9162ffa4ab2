// Lays out a notice, as the API returns it, on paper.

import { printSheet, type Sheet } from '../../platform/documents/sheet.ts';
import { measure, measureName } from '../../rules/policy/parameters.ts';
import { dayInShanghai } from '../../values/days.ts';
import { dayInWords, monthInWords, monthsInWords, periodInWords } from '../../values/wording.ts';
import {
  type EvidenceMonth,
  type EvidenceRecord,
  type FailedCheck,
  type NoticeContent,
  noticeTitles,
} from './content.ts';

export interface PrintedNotice {
  readonly noticeNumber: string;
  readonly verificationCode: string;
  readonly issuedAt: string;
  readonly content: NoticeContent;
}

export async function printNotice(notice: PrintedNotice): Promise<Buffer> {
  const { title, subject, paragraphs, items, evidence } = notice.content;
  const isOfRecovery = title === noticeTitles.recovery || title === noticeTitles['recovery-reversed'];
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
      [isOfRecovery ? '追回月份' : '申请月份', monthsInWords(subject.months)],
      ['户籍街道', subject.streetName],
      ['经办机构', subject.agencyName],
    ]);
    sheet.line(`${subject.name}：`);
    for (const paragraph of paragraphs) sheet.paragraph(paragraph);
    if (items.length > 0) {
      const rows = items.map((item, index) => [String(index + 1), item.subject, item.problem, item.remedy]);
      await sheet.table(['序号', '事项', '存在的问题', '如何补正'], rows, [34, 110, 150, '*']);
    }
    sheet.issuedBy(subject.agencyName);
    sheet.blanks(['告知方式（电话、当面、短信）：', '告知日期：', '告知人（签名）：', '申请人（签名）：']);
    sheet.note('本文书的真伪可凭页脚的验证码在线核验，或向出具机构查询。');
    if (evidence.length > 0) await writeEvidence(sheet, evidence);
  });
}

async function writeEvidence(sheet: Sheet, evidence: readonly EvidenceMonth[]): Promise<void> {
  sheet.heading('附：比对情况说明');
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
  sheet.note(`条款指${measureName}（${measure}）的条款。`);
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
