// The rules' closed lists of words as the contract's schemas, each with the meaning that papers and explanations give.

import {
  answerTitles,
  hardshipTitles,
  insuranceTitles,
  kindTitles,
  monthOutcomeTitles,
} from '../../../rules/policy/catalogue.ts';
import { words } from './schemas.ts';

export const RecordKind = words('RecordKind', kindTitles, '记录种类 · kind of record');

export const HardshipCategory = words(
  'HardshipCategory',
  hardshipTitles,
  '就业困难人员类别 · category of hardship',
);

export const Insurance = words('Insurance', insuranceTitles, '险种 · insurance');

export const MonthOutcome = words(
  'MonthOutcome',
  monthOutcomeTitles,
  '该月结论 · what the month came to; claimed-elsewhere comes with a question only',
);

export const CheckAnswer = words('CheckAnswer', answerTitles, '检查项的回答 · what the check answered');

export const CheckGroup = words(
  'CheckGroup',
  { prerequisite: '享受条件', exclusion: '不予补贴情形' },
  '条件或排除情形 · condition or exclusion',
);

export const ClaimOutcome = words(
  'ClaimOutcome',
  { approvable: '可批准', refused: '不予批准', undetermined: '尚不能确定' },
  '整份申请的结论 · what the claim came to',
);

export const StatutoryAge = words(
  'StatutoryAge',
  { national: '国家渐进式延迟法定退休年龄', document: '文件原定的退休年龄' },
  '法定退休年龄口径 · which retirement ages',
);

export const ContributionScheme = words(
  'ContributionScheme',
  { employees: '职工', residents: '城乡居民' },
  '参保类型 · scheme',
);

export const ContributionPayer = words(
  'ContributionPayer',
  { individual: '个人', employer: '用人单位' },
  '缴费主体 · who paid',
);

export const RetirementCategory = words(
  'RetirementCategory',
  { M60: '男，原法定退休年龄60周岁', F55: '女，原法定退休年龄55周岁', F50: '女，原法定退休年龄50周岁' },
  '退休类别 · retirement category',
);
