// The undertaking 承诺书 on paper, for the applicant to sign: the published text of the case's version, its blanks filled
// in where the case has the values.

import { printSheet } from '../../platform/documents/sheet.ts';
import { agentRelations, type RelationToApplicant } from '../agents/schemas.ts';
import type { Undertaking } from './undertaking.ts';

export interface FilledIn {
  readonly undertaking: Undertaking;
  readonly caseNumber: string;
  /** RFC 3339; the draft's creation, so that every printing is identical. */
  readonly createdAt: string;
  readonly name: string;
  /** Masked, because the paper passes through other hands; the applicant writes it in full. */
  readonly identityNumber: string;
  /** Who hands it in; the number masked. Null where the applicant comes in person. */
  readonly agent: {
    readonly name: string;
    readonly identityNumber: string;
    readonly relation: RelationToApplicant;
  } | null;
}

const blank = '________';

export async function printUndertaking(filled: FilledIn): Promise<Buffer> {
  const { undertaking, caseNumber, createdAt, name, identityNumber, agent } = filled;
  const [title = '', ...lines] = undertaking.text.trim().split('\n');
  const head = {
    overtitle: title.replace(/\s.*$/, ''),
    title: title.replace(/^.*\s/, ''),
    number: caseNumber,
    issuedAt: createdAt,
    verificationCode: null,
  };
  return await printSheet(head, async (sheet) => {
    for (const line of lines.filter((one) => !isSignature(one)))
      sheet.paragraph(fill(line, name, identityNumber));
    sheet.space();
    sheet.blanks(['申请人（签名、手印）：', '日期（年、月、日）：']);
    if (agent !== null) {
      sheet.line(
        `代办人：${agent.name}（${agentRelations[agent.relation]}）　身份证号：${agent.identityNumber}`,
      );
      sheet.blanks(['代办人（签名）：', '日期（年、月、日）：']);
    }
    sheet.space();
    // A thread that prints gets a copy, in which a Buffer is an array of bytes.
    const digest = Buffer.from(undertaking.digest).toString('hex');
    sheet.note(`承诺书版本：${undertaking.version}　全文 SHA-256：${digest}`);
    sheet.note('打印件上的身份号码已脱敏，签署时请申请人在空白处亲笔填写姓名和完整号码。');
  });
}

/** Whether the line is one of those for the signature at the end, which get lines of their own. */
function isSignature(line: string): boolean {
  return line.startsWith('申请人：') || /^年\s*月\s*日$/.test(line);
}

/** The first line names the person and their number, to be written out by hand. */
function fill(line: string, name: string, identityNumber: string): string {
  return line
    .replace('本人_____', `本人${blank}（${name}）`)
    .replace('身份证号：_____', `身份证号：${blank}${blank}（${identityNumber}）`);
}
