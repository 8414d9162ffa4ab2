// A street's roster 发放花名册 as PDF and workbook: the same lines as in the API, with total and signature.

import { type Relation, relationTitles } from '../../applications/application/heirs.ts';
import type { Flag } from '../../applications/flags/operations.ts';
import { type Officer, officerInWords } from '../../platform/access/officers.ts';
import { printSheet } from '../../platform/documents/sheet.ts';
import { type TableCell, workbookOf } from '../../platform/documents/tables.ts';
import { moneyInCapitals } from '../../values/capital-money.ts';
import { dayInShanghai, type Month } from '../../values/days.ts';
import { type PaymentFailure, paymentFailureTitles } from '../../values/payment-failures.ts';
import { dayInWords, moneyInWords, monthsInWords } from '../../values/wording.ts';
import { groupedYuan } from '../../values/yuan.ts';
import { type LineState, lineTitles, type ReleaseCause, releaseCauses } from '../lines/states.ts';

export interface PrintedRoster {
  readonly number: string;
  readonly streetName: string;
  readonly agencyName: string;
  readonly lineCount: number;
  readonly amountFen: number;
  readonly verifiedAt: string | null;
  readonly verifiedBy: Officer | null;
  readonly lines: readonly RosterLine[];
}

interface RosterLine {
  readonly lineId: string;
  readonly caseNumber: string;
  readonly name: string;
  readonly identityNumber: string;
  readonly account: string;
  readonly months: readonly Month[];
  readonly amountFen: number;
  readonly state: LineState;
  readonly failure: PaymentFailure | null;
  readonly holdReason: string | null;
  readonly releaseCause: ReleaseCause | null;
  readonly replacesLineId: string | null;
  readonly accountChangedAt: string | null;
  readonly nameChangedAt: string | null;
  readonly heir: {
    readonly name: string;
    readonly identityNumber: string;
    readonly relation: Relation;
  } | null;
  readonly flags: readonly Pick<Flag, 'title' | 'amountFen' | 'needs'>[];
}

const title = '灵活就业困难人员社会保险补贴发放花名册';
const head = [
  '序号',
  '受理编号',
  '姓名',
  '身份证号',
  '收款账号',
  '补贴月份',
  '月数',
  '金额（元）',
  '状态和说明',
];

interface RosterAsOf {
  readonly roster: PrintedRoster;
  /** RFC 3339 time of the data. */
  readonly asOf: string;
}

/** @param asOf RFC 3339 time of the data */
export async function printRoster({ roster, asOf }: RosterAsOf): Promise<Buffer> {
  const { number, streetName, agencyName, lines, amountFen } = roster;
  const sheetHead = { title, number, issuedAt: asOf, verificationCode: null, layout: 'landscape' } as const;
  return await printSheet(sheetHead, async (sheet) => {
    sheet.line(`街道（乡镇）：${streetName}　　经办机构：${agencyName}　　${answerOf(roster)}`);
    const rows = lines.map((line, at) => [
      String(at + 1),
      line.caseNumber,
      line.name,
      line.identityNumber,
      line.account,
      monthsInWords(line.months),
      String(line.months.length),
      groupedYuan(line.amountFen),
      remarkOf(line, lines),
    ]);
    const widths = [34, 96, 56, 104, 112, '*', { figures: 36 }, { figures: 66 }, 122] as const;
    const total = [
      '合计',
      `${roster.lineCount} 笔`,
      '',
      '',
      '',
      '',
      String(monthsOf(roster)),
      groupedYuan(amountFen),
      '',
    ];
    await sheet.table(head, rows, widths, total);
    sheet.line(`金额合计（大写）：${moneyInCapitals(amountFen)}　　（小写）¥${groupedYuan(amountFen)}`);
    sheet.note(
      '合计不含暂缓发放和已离开本批次的人员。身份证号和收款账号已脱敏，请按姓名和受理编号与本辖区申请人逐一核对。',
    );
    sheet.signatures(['制表', '审核', '街道（乡镇）签章']);
  });
}

/** @param asOf as for the PDF */
export async function rosterWorkbook({ roster, asOf }: RosterAsOf): Promise<Buffer> {
  const { number, streetName, agencyName, lines, amountFen } = roster;
  const rows = lines.map((line, at): TableCell[] => [
    at + 1,
    line.caseNumber,
    line.name,
    line.identityNumber,
    line.account,
    monthsInWords(line.months),
    line.months.length,
    line.amountFen,
    remarkOf(line, lines),
  ]);
  const widths = [6, 20, 12, 22, 24, 24, 8, 14, 40];
  const kinds = ['count', 'text', 'text', 'text', 'text', 'text', 'count', 'fen', 'text'] as const;
  return await workbookOf([
    {
      name: '发放花名册',
      caption: [
        title,
        `编号：${number}`,
        `街道（乡镇）：${streetName}　经办机构：${agencyName}　${answerOf(roster)}　数据截至${dayOf(asOf)}`,
        `合计不含暂缓发放和已离开本批次的人员。金额合计（大写）：${moneyInCapitals(amountFen)}`,
      ],
      columns: head.map((name, at) => ({ title: name, kind: kinds[at] ?? 'text', width: widths[at] ?? 12 })),
      rows,
      total: ['合计', `${roster.lineCount} 笔`, '', '', '', '', monthsOf(roster), amountFen, ''],
    },
  ]);
}

function answerOf({ verifiedAt, verifiedBy }: PrintedRoster): string {
  if (verifiedAt === null || verifiedBy === null) return '尚未核对';
  return `已于${dayOf(verifiedAt)}由${officerInWords(verifiedBy)}核对签字`;
}

/** Counts lines that are neither held nor released, nor replaced by another line of the same roster. */
function monthsOf({ lines }: PrintedRoster): number {
  const counting = lines.filter(
    ({ state, replacesLineId }) =>
      state !== 'held' && state !== 'released' && !lines.some(({ lineId }) => lineId === replacesLineId),
  );
  return counting.reduce((sum, { months }) => sum + months.length, 0);
}

function remarkOf(line: RosterLine, lines: readonly RosterLine[]): string {
  const marks = line.flags.filter(({ needs }) => needs !== 'nothing').map(markOf);
  return [stateOf(line, lines), ...changesOf(line), ...marks].filter((remark) => remark !== '').join('；');
}

/** A roster stays verified when its payee is changed by two officers; the paper says what changed. */
function changesOf({ accountChangedAt, nameChangedAt, heir }: RosterLine): string[] {
  if (heir !== null)
    return [`由领取人${heir.name}（${relationTitles[heir.relation]}，${heir.identityNumber}）领取`];
  return [
    ...(accountChangedAt === null ? [] : [`收款账户已于${dayOf(accountChangedAt)}更正`]),
    ...(nameChangedAt === null ? [] : [`姓名已于${dayOf(nameChangedAt)}更正`]),
  ];
}

/**
 * For example `有应退未退的补贴500元`: what the street should know when it signs.
 */
function markOf({ title: what, amountFen }: RosterLine['flags'][number]): string {
  return `${what}${amountFen === null ? '' : moneyInWords(amountFen)}`;
}

function stateOf(line: RosterLine, lines: readonly RosterLine[]): string {
  const { state, failure, holdReason, releaseCause, replacesLineId } = line;
  if (state === 'waiting' && replacesLineId === null) return '';
  const details = {
    held: holdReason,
    released: releaseCause === null ? null : releaseCauses[releaseCause],
    failed: failure === null ? null : paymentFailureTitles[failure],
  };
  const detail = state in details ? details[state as keyof typeof details] : null;
  const place = lines.findIndex(({ lineId }) => lineId === replacesLineId);
  const instead = place < 0 ? '' : `，代替第 ${place + 1} 行`;
  return `${lineTitles[state]}${detail === null ? '' : `：${detail}`}${instead}`;
}

function dayOf(instant: string): string {
  return dayInWords(dayInShanghai(Temporal.Instant.from(instant)));
}
