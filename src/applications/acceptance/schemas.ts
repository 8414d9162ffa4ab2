// Schemas for correction requests and the applicant's answers.

import { type Static, Type } from 'typebox';
import {
  closed,
  Instant,
  named,
  nullable,
  Text,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { subjectTitles } from './corrections.ts';

const Subject = words('CorrectionSubject', subjectTitles, '事项 · what it is about');

export const RequestCorrection = named(
  'RequestCorrection',
  closed(
    {
      defects: Type.Array(
        named(
          'Defect',
          closed({
            subject: Subject,
            materialId: Type.Optional(worded(Uuid, '有问题的材料 · the defective material')),
            recordId: Type.Optional(worded(Uuid, '说明问题的登记记录 · the record that shows it')),
            problem: Text({
              minLength: 4,
              maxLength: 200,
              description: '存在的问题 · what is wrong',
              examples: ['照片反光，看不清有效期'],
            }),
            remedy: Text({
              minLength: 4,
              maxLength: 200,
              description: '如何补正 · what to do',
              examples: ['请在光线均匀处重新拍摄身份证正反面后上传'],
            }),
          }),
        ),
        {
          maxItems: 40,
          description:
            '经办人员发现的问题；缺少的材料由系统自动列出 · defects seen; what is missing is computed',
        },
      ),
    },
    {
      description: '须补正的问题 · the defects seen',
      examples: [{ defects: [{ subject: 'work', problem: '从业地点不完整', remedy: '请填写到街道和门牌' }] }],
    },
  ),
);
export type RequestCorrection = Static<typeof RequestCorrection>;

export const OpenCorrection = named(
  'OpenCorrection',
  closed(
    {
      noticeId: worded(Uuid, '告知书 · the notice'),
      round: Type.Integer({ description: '第几次告知 · which notice of the case' }),
      requestedAt: worded(Instant, '告知时间 · when it was asked'),
      items: Type.Array(
        named(
          'CorrectionItem',
          closed({
            subject: Subject,
            title: Type.String({ description: '事项名称 · in words' }),
            problem: Type.String({ description: '存在的问题 · what is wrong' }),
            remedy: Type.String({ description: '如何补正 · what to do' }),
            answeredAt: nullable(worded(Instant, '补正时间 · when it was answered')),
          }),
        ),
        { description: '全部事项 · everything asked for' },
      ),
    },
    { description: '尚未补正完毕的一次性告知 · the open correction' },
  ),
);
