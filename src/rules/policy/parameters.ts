// The parameters of the policy: their types, titles and the day that selects a value. The values are data: those of
// the measure in reference/policy, later ones adopted by two administrators. Rules contain no literals.

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

/** Each parameter without its values, in the order of the published policy. */
export const parameterTitles: {
  readonly [N in ParameterName]: Omit<Parameter<ParameterValues[N]>, 'values'>;
} = {
  monthlyAmountFen: {
    title: '补贴标准（分/月）',
    titleEn: 'Subsidy for one month, in fen',
    judgedOn: 'month',
  },
  firstMonth: { title: '可申领的最早月份', titleEn: 'First month under the measure', judgedOn: 'decision' },
  ordinaryCapMonths: {
    title: '一般人员累计享受月数上限',
    titleEn: 'Most months for a person not near retirement',
    judgedOn: 'first-approval',
  },
  nearWindowYears: {
    title: '临近退休的年限（年）',
    titleEn: 'Years before retirement that count as near',
    judgedOn: 'first-approval',
  },
  nearWindowIsStrict: {
    title: '恰好满该年限不算临近退休',
    titleEn: 'Exactly that many years is not near',
    judgedOn: 'first-approval',
  },
  nearCapMonths: {
    title: '临近退休人员月数上限',
    titleEn: 'Most months for a person near retirement',
    judgedOn: 'first-approval',
  },
  statutoryAges: { title: '法定退休年龄', titleEn: 'Statutory retirement age', judgedOn: 'month' },
  womenCategory: {
    title: '女性默认退休类别',
    titleEn: 'Category of a woman without a record of it',
    judgedOn: 'month',
  },
  requiredInsurances: {
    title: '须以个人身份缴纳的职工社会保险（任一、全部、养老、医疗）',
    titleEn:
      'Insurances of the employees’ scheme that must be paid as an individual (any, all, pension, medical)',
    judgedOn: 'month',
  },
  workingAgeYears: {
    title: '最低劳动年龄（周岁）',
    titleEn: 'Lowest working age, in years',
    judgedOn: 'month',
  },
  cityCode: {
    title: '本市行政区划代码前缀',
    titleEn: 'First digits of every street code of the city',
    judgedOn: 'decision',
  },
  retirementMonthPayable: {
    title: '达到法定退休年龄的当月可享受',
    titleEn: 'The month of retirement age is payable',
    judgedOn: 'decision',
  },
  pensionMonthPayable: {
    title: '开始领取养老金的当月可享受',
    titleEn: 'The month in which a pension begins is payable',
    judgedOn: 'decision',
  },
  claimableAfterMonths: {
    title: '月份结束后可申领（1表示次月起）',
    titleEn: 'Months to wait before a month can be claimed; 1 is from the next month on',
    judgedOn: 'decision',
  },
  claimDeadlineMonths: {
    title: '最迟申领期限（月）',
    titleEn: 'Latest claim, in months after the month',
    judgedOn: 'decision',
  },
  lateClaimQuarters: {
    title: '逾期提示（季度）',
    titleEn: 'Quarters before the submission that are not flagged as late',
    judgedOn: 'decision',
  },
  acceptanceWorkingDays: {
    title: '受理时限（工作日）',
    titleEn: 'Working days for acceptance',
    judgedOn: 'decision',
  },
  reviewWorkingDays: {
    title: '审核时限（工作日）',
    titleEn: 'Working days for review',
    judgedOn: 'decision',
  },
  noticeWorkingDays: {
    title: '告知时限（工作日）',
    titleEn: 'Working days within which the street tells the applicant',
    judgedOn: 'decision',
  },
};
