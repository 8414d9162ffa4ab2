// Papers, read back from their PDF: they contain what was published and decided, on as many pages as needed,
// and no character of a name becomes an empty box.

import { spawnSync } from 'node:child_process';
import t from 'tap';
import { extractText, getDocumentProxy } from 'unpdf';
import { printUndertaking } from '../../../src/applications/undertakings/paper.ts';
import { undertakingOf } from '../../../src/applications/undertakings/undertaking.ts';
import { decisionContent } from '../../../src/notifications/notices/appealable.ts';
import {
  correctionContent,
  type EvidenceMonth,
  type NoticeSubject,
} from '../../../src/notifications/notices/content.ts';
import { printNotice } from '../../../src/notifications/notices/paper.ts';
import { printable } from '../../../src/platform/documents/glyphs.ts';
import { agencyOn } from '../../../src/platform/reference/agencies.ts';
import { addMonths } from '../../../src/values/days.ts';

const issuedAt = '2025-07-05T02:00:00Z';
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

/** Each page's text without spaces from lines and cells. */
async function pagesOf(paper: Buffer): Promise<string[]> {
  const document = await getDocumentProxy(new Uint8Array(paper));
  const { text } = await extractText(document, { mergePages: false });
  return text.map((page) => page.replaceAll(/\s/g, ''));
}

/** The text by another program, on machines that have one. */
function readElsewhere(paper: Buffer): string | null {
  const { status, stdout } = spawnSync('pdftotext', ['-', '-'], { input: paper });
  return status === 0 ? stdout.toString().replaceAll(/\s/g, '') : null;
}

function correction(count: number, problem = '照片模糊，看不清号码') {
  const items = Array.from({ length: count }, (_, index) => ({
    subject: '身份证复印件',
    problem: `${problem}（${index + 1}）`,
    remedy: '请在光线均匀处重新拍摄后上传',
  }));
  const content = correctionContent(subject, items);
  const verificationCode = '7Q2M-4X9K-1ABC-D3EF';
  return printNotice({ noticeNumber: 'JDZ25-0000123-0-01', verificationCode, issuedAt, content });
}

t.test(
  'a notice names issuer, recipient and what to do, and leaves room for stamp and signature',
  async (t) => {
    const paper = await correction(2);
    const [page = ''] = await pagesOf(paper);
    const words = [
      '珠山区就业创业服务中心补正材料一次性告知书',
      '编号：JDZ25-0000123-0-01',
      '受理编号JDZ25-0000123-0',
      '涉及月份2025年4月至6月',
      '户籍所在地景德镇市珠山区新厂街道',
      '住址（本案未登记，手写）',
      '照片模糊，看不清号码（2）',
      '盖章处',
      '告知人（签名）',
      '申请人（签名）',
      '验证码：7Q2M-4X9K-1ABC-D3EF',
      '第1页，共1页',
    ];
    const elsewhere = readElsewhere(paper);
    for (const word of words) {
      t.ok(page.includes(word), word);
      if (elsewhere !== null) t.ok(elsewhere.includes(word), `${word}, read elsewhere`);
    }
  },
);

t.test(
  'a table of forty items fills several numbered pages, each with its head, and loses none',
  async (t) => {
    const pages = await pagesOf(await correction(40));
    t.ok(pages.length > 1);
    for (const [index, page] of pages.entries()) {
      t.ok(page.includes(`第${index + 1}页，共${pages.length}页`));
      t.ok(
        page.includes('序号事项存在的问题如何补正') || !page.includes('照片模糊'),
        `the head on page ${index + 1}`,
      );
    }
    const all = pages.join('');
    for (let item = 1; item <= 40; item += 1) t.ok(all.includes(`看不清号码（${item}）`));
  },
);

t.test(
  'a decision on 36 months with long names and many records loses nothing and orphans nothing',
  async (t) => {
    const long = {
      ...subject,
      name: '阿卜杜热西提·阿卜杜热合曼·买买提吐尔逊·艾合买提江',
      agencyName: '景德镇高新技术产业开发区管理委员会就业创业服务中心',
      household: '景德镇市珠山区高新技术开发区（由景德镇高新技术产业开发区管理委员会代管）',
    };
    const evidence: EvidenceMonth = {
      month: '2022-07',
      explanation: '2022年7月不予补贴。',
      checks: [
        {
          article: '第六条第5项',
          title: '有用人单位参保记录',
          explanation: '您2022年7月有用人单位参保记录。',
          records: Array.from({ length: 80 }, (_, at) => ({
            title: `第${at + 1}条记录`,
            from: '2022-07-01',
            to: null,
            source: '省人社一体化系统',
            learntAt: issuedAt,
          })),
          registers: [],
        },
      ],
    };
    const months = Array.from({ length: 36 }, (_, at) => ({
      month: addMonths('2022-07', at),
      decision: 'refused' as const,
      amountFen: null,
      reason: `第${at + 1}个月的理由。（第六条第5项）`,
    }));
    const issuing = { agency: agencyOn('3602G1', '2025-07-05'), replaced: null };
    const pages = await pagesOf(
      await printNotice({
        noticeNumber: 'JDZ25-0000123-0-02',
        verificationCode: '7Q2M-4X9K-1ABC-D3EF',
        issuedAt,
        content: decisionContent(long, months, [evidence], issuing),
      }),
    );
    const all = pages.join('');
    for (const word of [long.name, long.agencyName, long.household]) t.ok(all.includes(word), word);
    for (let at = 1; at <= 36; at += 1) t.ok(all.includes(`第${at}个月的理由`), `month ${at}`);
    for (let at = 1; at <= 80; at += 1) t.ok(all.includes(`第${at}条记录`), `record ${at}`);
    for (const [at, page] of pages.entries()) {
      if (page.includes('个月的理由'))
        t.ok(page.includes('月份决定金额理由和条款'), `head on page ${at + 1}`);
      if (page.includes('条记录')) t.ok(page.includes('条款核查项目比对结果依据'), `head on page ${at + 1}`);
      if (page.includes('盖章处')) t.ok(page.includes('如有疑问，请向'), 'the seal is on a page with text');
      if (page.includes('附：比对情况说明')) t.ok(page.includes('第1条记录'), 'a heading is with its table');
    }
  },
);

t.test('a character missing from the font is printed as its code, all others unchanged', async (t) => {
  const [page = ''] = await pagesOf(await correction(1, '户名“䶮𫖯𠮷㛃喆·”与申请人不一致'));
  t.ok(page.includes('户名“䶮𫖯〔U+20BB7〕㛃喆·”与申请人不一致'), page);
  t.equal(
    printable('a\tb\u202e', () => false),
    'a〔U+0009〕b〔U+202E〕',
    'and nothing turns a line around',
  );
});

t.test('the printed undertaking is the published text with the permitted blanks filled in', async (t) => {
  const undertaking = undertakingOf('jdz-2024-139');
  if (undertaking === null) throw new Error('the text is published');
  const { name, identityNumber, caseNumber } = subject;
  const filled = { undertaking, caseNumber, createdAt: issuedAt, name, identityNumber, agent: null };
  const paper = await printUndertaking(structuredClone(filled)); // as a thread gets it
  const page = (await pagesOf(paper)).join('');
  for (const line of undertaking.text.trim().split('\n').slice(2, 6))
    t.ok(page.includes(line.replaceAll(/\s/g, '')), line.slice(0, 12));
  for (const word of [
    '景德镇市灵活就业困难人员社保补贴申请承诺书',
    '（欧***）',
    '（3****************6）',
    '申请人（签名、手印）',
  ])
    t.ok(page.includes(word), word);
  t.ok(page.includes(undertaking.digest.toString('hex')), 'and names its digest');
  const again = await printUndertaking(filled);
  t.ok(again.equals(paper), 'printed twice it is the same paper');
});
