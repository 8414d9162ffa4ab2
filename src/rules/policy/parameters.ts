// Every number and choice set by law or by the city, as data: value, first day, article, source, reason. A
// future value is one more entry here. Rules contain no literals.

import type { Day, Month } from '../../values/days.ts';
import type { Insurance, RetirementCategory } from '../facts.ts';

/** One column of the statutory age table. Without `delay` everybody's age is `baseYears`. */
export type StatutoryAge = {
  readonly baseYears: number;
  readonly delay: {
    /** The first birth month with a later retirement. */
    readonly firstBirthMonth: Month;
    /** Retirement is one month later for every so many birth months. */
    readonly everyMonths: number;
    readonly atMostMonths: number;
  } | null;
};
export type StatutoryAges = Readonly<Record<RetirementCategory, StatutoryAge>>;

/** The type of each parameter's value; names as in the published policy. */
export type ParameterValues = {
  monthlyAmountFen: number;
  firstMonth: Month;
  ordinaryCapMonths: number;
  nearWindowYears: number;
  nearWindowIsStrict: boolean;
  nearCapMonths: number | null;
  statutoryAges: StatutoryAges;
  womenCategory: 'F50' | 'F55';
  requiredInsurances: Insurance | 'any' | 'all';
  workingAgeYears: number;
  cityCode: string;
  retirementMonthPayable: boolean;
  pensionMonthPayable: boolean;
  claimableAfterMonths: number;
  claimDeadlineMonths: number | null;
  lateClaimQuarters: number;
  acceptanceWorkingDays: number;
  reviewWorkingDays: number;
  publicityWorkingDays: number;
  noticeWorkingDays: number;
};
export type ParameterName = keyof ParameterValues;

/** A value that applies from a day until the next entry's. */
export type Dated<T> = {
  readonly from: Day;
  readonly value: T;
  readonly article: string;
  readonly source: string;
  readonly reason: string;
  /** Omitted when the service uses the ages in the document. */
  readonly nationalOnly?: true;
};

export type Parameter<T> = {
  readonly title: string;
  readonly titleEn: string;
  /**
   * Which day selects the value: the assessed month's last day, the decision day, or the first approval's.
   */
  readonly judgedOn: 'month' | 'decision' | 'first-approval';
  /** Oldest first, with strictly later `from` days. */
  readonly values: readonly Dated<T>[];
};

export type Parameters = { readonly [N in ParameterName]: Parameter<ParameterValues[N]> };

/** The measure 操作办法（试行） by its number. */
export const measure = '景人社字〔2024〕139号';
/** The measure by its name, as cited before an article. */
export const measureName = '《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》';
const nationalLaw = '国务院关于渐进式延迟法定退休年龄的办法（2025年1月1日起施行）';
const issued: Day = '2024-12-06';

export const parameters: Parameters = {
  monthlyAmountFen: {
    title: '补贴标准（分/月）',
    titleEn: 'Subsidy for one month, in fen',
    judgedOn: 'month',
    values: [
      { from: issued, value: 50000, article: '第二条', source: measure, reason: '办法写明500元/月。' },
    ],
  },
  firstMonth: {
    title: '可申领的最早月份',
    titleEn: 'First month under the measure',
    judgedOn: 'decision',
    values: [
      {
        from: issued,
        value: '2024-12',
        article: '第七条',
        source: measure,
        reason: '办法自印发之日起实施，印发当月整月适用；此前月份不属本办法。',
      },
    ],
  },
  ordinaryCapMonths: {
    title: '一般人员累计享受月数上限',
    titleEn: 'Most months for a person not near retirement',
    judgedOn: 'first-approval',
    values: [
      {
        from: issued,
        value: 36,
        article: '第三条、第六条第6项',
        source: measure,
        reason: '最长不超过3年，按实际享受月份累计，中断不清零。',
      },
    ],
  },
  nearWindowYears: {
    title: '临近退休的年限（年）',
    titleEn: 'Years before retirement that count as near',
    judgedOn: 'first-approval',
    values: [
      { from: issued, value: 5, article: '第三条', source: measure, reason: '距法定退休年龄不足5年。' },
    ],
  },
  nearWindowIsStrict: {
    title: '恰好满该年限不算临近退休',
    titleEn: 'Exactly that many years is not near',
    judgedOn: 'first-approval',
    values: [{ from: issued, value: true, article: '第三条', source: measure, reason: '“不足”不含本数。' }],
  },
  nearCapMonths: {
    title: '临近退休人员月数上限',
    titleEn: 'Most months for a person near retirement',
    judgedOn: 'first-approval',
    values: [
      {
        from: issued,
        value: null,
        article: '第三条',
        source: measure,
        reason: '可延长至退休，办法未另设上限。',
      },
    ],
  },
  statutoryAges: {
    title: '法定退休年龄',
    titleEn: 'Statutory retirement age',
    judgedOn: 'month',
    values: [
      {
        from: issued,
        value: {
          M60: { baseYears: 60, delay: null },
          F55: { baseYears: 50, delay: null },
          F50: { baseYears: 50, delay: null },
        },
        article: '第三条',
        source: measure,
        reason: '办法写明男60周岁、女50周岁，不分女性类别。',
      },
      {
        from: '2025-01-01',
        value: {
          M60: { baseYears: 60, delay: { firstBirthMonth: '1965-01', everyMonths: 4, atMostMonths: 36 } },
          F55: { baseYears: 55, delay: { firstBirthMonth: '1970-01', everyMonths: 4, atMostMonths: 36 } },
          F50: { baseYears: 50, delay: { firstBirthMonth: '1975-01', everyMonths: 2, atMostMonths: 60 } },
        },
        article: '第三条、第七条',
        source: nationalLaw,
        reason: '办法规定如遇政策调整以最新政策为准；渐进式延迟自该日起施行。',
        nationalOnly: true,
      },
    ],
  },
  womenCategory: {
    title: '女性默认退休类别',
    titleEn: 'Category of a woman without a record of it',
    judgedOn: 'month',
    values: [
      {
        from: issued,
        value: 'F50',
        article: '第三条',
        source: measure,
        reason: '办法写女50周岁；仅在有退休类别记录时按55周岁一档。',
      },
    ],
  },
  requiredInsurances: {
    title: '须以个人身份缴纳的职工社会保险（任一、全部、养老、医疗）',
    titleEn:
      'Insurances of the employees’ scheme that must be paid as an individual (any, all, pension, medical)',
    judgedOn: 'month',
    values: [
      {
        from: issued,
        value: 'any',
        article: '第一条第（二）项',
        source: measure,
        reason: '办法写“参加社会保险”，未写明险种；缴纳养老或医疗之一即可。',
      },
    ],
  },
  workingAgeYears: {
    title: '最低劳动年龄（周岁）',
    titleEn: 'Lowest working age, in years',
    judgedOn: 'month',
    values: [
      {
        from: issued,
        value: 16,
        article: '第一条第（二）项',
        source: '中华人民共和国劳动法第十五条',
        reason: '法定劳动年龄的下限。',
      },
    ],
  },
  cityCode: {
    title: '本市行政区划代码前缀',
    titleEn: 'First digits of every street code of the city',
    judgedOn: 'decision',
    values: [
      { from: issued, value: '3602', article: '第一条第（二）项', source: measure, reason: '具有本市户籍。' },
    ],
  },
  retirementMonthPayable: {
    title: '达到法定退休年龄的当月可享受',
    titleEn: 'The month of retirement age is payable',
    judgedOn: 'decision',
    values: [
      {
        from: issued,
        value: true,
        article: '第六条第4项',
        source: measure,
        reason: '办法写“超过”，未写“达到”。',
      },
    ],
  },
  pensionMonthPayable: {
    title: '开始领取养老金的当月可享受',
    titleEn: 'The month in which a pension begins is payable',
    judgedOn: 'decision',
    values: [
      {
        from: issued,
        value: false,
        article: '第三条',
        source: measure,
        reason: '只延长至退休；领取养老金当月起即已退休。',
      },
    ],
  },
  claimableAfterMonths: {
    title: '月份结束后可申领（1表示次月起）',
    titleEn: 'Months to wait before a month can be claimed; 1 is from the next month on',
    judgedOn: 'decision',
    values: [
      {
        from: issued,
        value: 1,
        article: '第四条、第六条',
        source: measure,
        reason: '须有该月缴费证明，且各项情形须以整月核对。',
      },
    ],
  },
  claimDeadlineMonths: {
    title: '最迟申领期限（月）',
    titleEn: 'Latest claim, in months after the month',
    judgedOn: 'decision',
    values: [{ from: issued, value: null, article: '第三条', source: measure, reason: '办法未设申领期限。' }],
  },
  lateClaimQuarters: {
    title: '逾期提示（季度）',
    titleEn: 'Quarters before the submission that are not flagged as late',
    judgedOn: 'decision',
    values: [
      {
        from: issued,
        value: 1,
        article: '第三条',
        source: measure,
        reason: '原则上按季度申请；更早的月份仍可申领，只作提示。',
      },
    ],
  },
  acceptanceWorkingDays: {
    title: '受理时限（工作日）',
    titleEn: 'Working days for acceptance',
    judgedOn: 'decision',
    values: [
      {
        from: issued,
        value: 5,
        article: '第五条第（三）项',
        source: '服务标准',
        reason: '办法未设时限；只提醒，不影响结果。',
      },
    ],
  },
  reviewWorkingDays: {
    title: '审核时限（工作日）',
    titleEn: 'Working days for review',
    judgedOn: 'decision',
    values: [
      {
        from: issued,
        value: 20,
        article: '第五条第（四）项',
        source: '服务标准',
        reason: '办法未设时限；只提醒，不影响结果。',
      },
    ],
  },
  publicityWorkingDays: {
    title: '公示期（工作日）',
    titleEn: 'Working days of public notice',
    judgedOn: 'decision',
    values: [
      {
        from: issued,
        value: 0,
        article: '第五条第（五）项',
        source: measure,
        reason: '办法只要求街道核对名单，未要求公示。',
      },
    ],
  },
  noticeWorkingDays: {
    title: '告知时限（工作日）',
    titleEn: 'Working days within which the street tells the applicant',
    judgedOn: 'decision',
    values: [
      {
        from: issued,
        value: 3,
        article: '第五条第（三）项',
        source: '服务标准',
        reason: '办法写“及时通知”，未设期限；逾期未告知的提示县级经办机构。',
      },
    ],
  },
};
