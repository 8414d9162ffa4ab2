// Prints the fund request 资金拨付申请表 as it was frozen when the money was requested.

import { printSheet } from '../../platform/documents/sheet.ts';
import { measure, measureName } from '../../rules/policy/parameters.ts';
import { moneyInCapitals } from '../../values/capital-money.ts';
import type { Quarter } from '../../values/days.ts';
import { quarterInWords } from '../../values/wording.ts';
import { groupedYuan } from '../../values/yuan.ts';

export interface PrintedFundRequest {
  readonly number: string;
  readonly disbursementNumber: string;
  readonly agencyName: string;
  /** The bureau that is asked; null if its name is not known. */
  readonly financeName: string | null;
  readonly lineCount: number;
  readonly amountFen: number;
  readonly requestedAt: string;
  readonly parts: readonly {
    readonly streetName: string;
    readonly quarter: Quarter;
    readonly personCount: number;
    readonly monthCount: number;
    readonly amountFen: number;
  }[];
}

/** Every printing gives the same form. */
export async function printFundRequest(request: PrintedFundRequest): Promise<Buffer> {
  const { number, disbursementNumber, agencyName, lineCount, amountFen, requestedAt, parts } = request;
  const financeName = request.financeName ?? '同级财政部门';
  const head = {
    title: '灵活就业困难人员社保补贴资金拨付申请表',
    number,
    issuedAt: requestedAt,
    verificationCode: null,
  };
  const monthCount = parts.reduce((sum, part) => sum + part.monthCount, 0);
  const spansQuarters = parts.reduce((sum, part) => sum + part.personCount, 0) > lineCount;
  return await printSheet(head, async (sheet) => {
    sheet.line(`${financeName}：`);
    sheet.paragraph(
      `根据${measureName}（${measure}），发放批次${disbursementNumber}经审核通过并由各街道（乡镇）核对名单，` +
        `共${lineCount}人${monthCount}个月，现申请拨付补贴资金：`,
    );
    sheet.line(`（大写）${moneyInCapitals(amountFen)}`);
    sheet.line(`（小写）¥${groupedYuan(amountFen)}`);
    const rows = parts.map((part, at) => [
      String(at + 1),
      part.streetName,
      quarterInWords(part.quarter),
      String(part.personCount),
      String(part.monthCount),
      groupedYuan(part.amountFen),
    ]);
    const widths = [40, '*', 96, { figures: 54 }, { figures: 54 }, { figures: 90 }] as const;
    const total = ['合计', '', '', String(lineCount), String(monthCount), groupedYuan(amountFen)];
    await sheet.table(
      ['序号', '街道（乡镇）', '所属季度', '人数', '月数', '金额（元）'],
      rows,
      widths,
      total,
    );
    if (spansQuarters) sheet.note('跨季度的人员在各季度分别计数，合计按人计一次。');
    sheet.note('人数、月数和金额自申请之日起固定；暂缓发放的人员不在其中。');
    sheet.issuedBy(agencyName, '以上资金，请审核拨付。');
    sheet.signatures(['制表', '审核', '单位负责人（签章）']);
    sheet.signatures([`${financeName}审核意见（签章）`]);
  });
}
