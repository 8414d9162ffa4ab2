// Titles and descriptions of checks and kinds of record, for the published policy, papers and explanations.
// The checks themselves are in checks.ts.

import type { HardshipCategory, Insurance, Kind } from '../facts.ts';

/** A check's answer; for a prerequisite, `hit` means not met. */
export type Answer = 'clear' | 'hit' | 'unknown';

export type CheckEntry = {
  readonly group: 'prerequisite' | 'exclusion';
  /** Its article of the measure. */
  readonly article: string;
  readonly title: string;
  readonly titleEn: string;
  /** The registers it needs; none where age or this service's ledger decides. */
  readonly needs: readonly Kind[];
  readonly meaning: Readonly<Record<Answer, string>>;
};

/** Every check in reporting order: the prerequisites, then 第六条第1项 to 第7项. */
export const catalogue = {
  'local-household': {
    group: 'prerequisite',
    article: '第一条第（二）项',
    title: '本市户籍',
    titleEn: 'Household registered in the city',
    needs: ['household'],
    meaning: {
      clear: '提交申请之日和当月最后一日均为本市户籍。',
      hit: '提交申请之日或当月最后一日不是本市户籍。',
      unknown: '没有相应户籍记录，户籍数据也未更新到当月。',
    },
  },
  'working-age': {
    group: 'prerequisite',
    article: '第一条第（二）项',
    title: '达到劳动年龄',
    titleEn: 'Of working age',
    needs: [],
    meaning: {
      clear: '当月最后一日已满16周岁。',
      hit: '当月最后一日未满16周岁。',
      unknown: '不会出现：年龄本身即可判定。',
    },
  },
  'hardship-recognised': {
    group: 'prerequisite',
    article: '第一条第（一）项',
    title: '就业困难人员认定',
    titleEn: 'Recognised as a person in difficulty',
    needs: ['hardship-recognition'],
    meaning: {
      clear: '当月有有效的就业困难人员认定。',
      hit: '当月没有有效的就业困难人员认定。',
      unknown: '没有认定记录，认定数据也未更新到当月。',
    },
  },
  'flexibly-employed': {
    group: 'prerequisite',
    article: '第一条第（二）项、第五条第（一）项',
    title: '灵活就业登记',
    titleEn: 'Registered as flexibly employed',
    needs: ['flexible-employment'],
    meaning: {
      clear: '当月有有效的灵活就业登记。',
      hit: '当月没有有效的灵活就业登记。',
      unknown: '没有登记记录，登记数据也未更新到当月。',
    },
  },
  sequence: {
    group: 'prerequisite',
    article: '第五条第（一）项',
    title: '依次办理登记',
    titleEn: 'Steps taken in order',
    needs: ['unemployment-registration', 'hardship-recognition', 'flexible-employment'],
    meaning: {
      clear: '失业登记、困难认定、灵活就业登记、申请补贴依次办理。',
      hit: '失业登记、困难认定、灵活就业登记没有依次办理。',
      unknown: '缺少其中的记录，而相应登记数据未更新到当月。',
    },
  },
  contributed: {
    group: 'prerequisite',
    article: '第一条第（二）项、第四条',
    title: '以个人身份缴费',
    titleEn: 'Contributed as an individual',
    needs: ['contribution', 'contribution-refund'],
    meaning: {
      clear: '以个人身份缴纳了当月的职工社会保险费，且未退费；在何地缴纳不限。',
      hit: '没有以个人身份缴纳当月的职工社会保险费，或任一险种已退费且没有重新缴纳。',
      unknown: '没有当月缴费记录，缴费数据也未更新到当月。',
    },
  },
  'unemployment-benefit': exclusion(
    '第六条第1项',
    '领取失业保险金',
    'Drawing unemployment benefit',
    'unemployment-benefit',
  ),
  'skills-training': exclusion(
    '第六条第2项',
    '参加企业职工技能提升培训',
    'In enterprise skills training',
    'skills-training',
  ),
  'public-post': exclusion('第六条第3项', '公益性岗位安置', 'In a public-welfare post', 'public-post'),
  imprisonment: exclusion('第六条第3项', '服刑', 'Serving a sentence', 'imprisonment'),
  'public-payroll': exclusion('第六条第3项', '财政供养', 'Paid from public funds', 'public-payroll'),
  'past-retirement': {
    group: 'exclusion',
    article: '第三条、第六条第4项',
    title: '超过法定退休年龄',
    titleEn: 'Past retirement',
    needs: ['pension', 'retirement-category'],
    meaning: {
      clear: '当月不晚于达到法定退休年龄的月份，且尚未开始领取养老金。',
      hit: '当月已超过法定退休年龄，或已开始领取养老金。',
      unknown:
        '年龄未超过，但养老金数据未更新到当月；或女性已超过50周岁一档、未超过55周岁一档，而其退休类别没有登记。',
    },
  },
  'employer-insured': {
    group: 'exclusion',
    article: '第六条第5项',
    title: '有用人单位参保记录',
    titleEn: 'Insured by an employer',
    needs: ['employer-insurance'],
    meaning: {
      clear: '当月没有用人单位参保记录。',
      hit: '当月有用人单位参保记录，不论单位是否缴费。',
      unknown: '没有记录，但单位参保数据未更新到当月。',
    },
  },
  'term-exhausted': {
    group: 'exclusion',
    article: '第三条、第六条第6项',
    title: '享受年限已满',
    titleEn: 'Term used up',
    needs: [],
    meaning: {
      clear: '累计享受月数未满，或初次核定时距退休不足5年。',
      hit: '累计享受月数已满。',
      unknown: '不会出现：以本系统核定和导入的月数为准。',
    },
  },
  dishonest: {
    group: 'exclusion',
    article: '第六条第7项',
    title: '失信人员',
    titleEn: 'On the dishonesty list',
    needs: ['dishonesty'],
    meaning: {
      clear: '审核之日不在失信名单上。',
      hit: '审核之日在失信名单上，整件申请不予补贴。',
      unknown: '没有记录，但失信名单未更新到审核之日的上月。',
    },
  },
} as const satisfies Record<string, CheckEntry>;
export type CheckCode = keyof typeof catalogue;

export const kindTitles: Readonly<Record<Kind, string>> = {
  household: '户籍登记',
  'unemployment-registration': '失业登记',
  'hardship-recognition': '就业困难人员认定',
  'flexible-employment': '灵活就业登记',
  contribution: '社会保险缴费',
  'contribution-refund': '社会保险退费',
  'unemployment-benefit': '失业保险金领取',
  'skills-training': '企业职工技能提升培训',
  'public-post': '公益性岗位安置',
  imprisonment: '服刑',
  'public-payroll': '财政供养',
  'employer-insurance': '用人单位参保',
  pension: '养老金领取',
  'retirement-category': '退休类别',
  dishonesty: '失信名单',
  death: '死亡',
  'prior-benefit': '此前享受补贴',
};

/** What to ask each register that has not answered. */
export const dataTitles: Readonly<Record<Kind, string>> = {
  ...kindTitles,
  imprisonment: '服刑情况',
  'public-payroll': '财政供养情况',
  'public-post': '公益性岗位安置情况',
  'skills-training': '企业职工技能提升培训情况',
  'employer-insurance': '用人单位参保情况',
  death: '死亡登记',
};

/** Every outcome of a month; docs/policy.md explains each. */
export const monthOutcomeTitles = {
  payable: '可发放',
  excluded: '不予补贴',
  undetermined: '数据未到齐，尚不能确定',
  'outside-policy': '不在政策期内',
  'already-granted': '已享受补贴，不能再次申请',
  'still-owed': '曾被追回，尚未还清',
  'claimed-elsewhere': '已在办理中的另一申请里',
} as const;
export type MonthOutcome = keyof typeof monthOutcomeTitles;

export const answerTitles: Readonly<Record<Answer, string>> = {
  clear: '通过',
  hit: '不符合',
  unknown: '登记数据尚未说明',
};

export const insuranceTitles: Readonly<Record<Insurance, string>> = {
  pension: '养老保险',
  medical: '医疗保险',
};

/** The nine categories in the words of 一（一）. */
export const hardshipTitles: Readonly<Record<HardshipCategory, string>> = {
  'zero-employment-family': '零就业家庭成员',
  disabled: '符合相关条件的残疾人员',
  'low-income': '享受居民最低生活保障人员',
  landless: '因承包土地被征收而失去土地的人员',
  'lifted-out-of-poverty': '脱贫劳动力',
  'at-risk-of-poverty': '未消除风险的防止返贫监测对象',
  'retired-fisher': '专业退捕渔民',
  'long-term-unemployed-4050': '连续失业6个月以上的“4050”人员',
  'other-provincial': '省人民政府规定的其他人员',
};

function exclusion(article: string, title: string, titleEn: string, kind: Kind): CheckEntry {
  return {
    group: 'exclusion',
    article,
    title,
    titleEn,
    needs: [kind],
    meaning: {
      clear: `当月没有${title}的记录。`,
      hit: `当月有${title}的记录。`,
      unknown: `没有记录，但相应数据未更新到当月。`,
    },
  };
}
