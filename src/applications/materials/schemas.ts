// Schemas of materials: the multipart form and the description.

import { type Static, Type } from 'typebox';
import {
  closed,
  Instant,
  named,
  nullable,
  Sha256,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { RevealPurpose } from '../../registers/reveals/purposes.ts';
import { materialTitles } from '../../rules/required-materials.ts';

const MaterialKind = words('MaterialKind', materialTitles, '材料种类 · kind of material');

const material = {
  id: Uuid,
  kind: MaterialKind,
  mediaType: Type.String({ description: '文件类型，以内容为准 · by its content' }),
  byteLength: Type.Integer({ description: '字节数 · length in bytes' }),
  sha256: Sha256,
  addedAt: worded(Instant, '上传时间 · when it was added'),
  supersedes: nullable(worded(Uuid, '所替换的材料 · the one it takes the place of')),
  supersededBy: nullable(worded(Uuid, '替换它的材料；仍保留备查 · the one that took its place')),
};

export const Material = named('Material', closed(material, { description: '材料 · a material' }));

export const AddedMaterial = named(
  'AddedMaterial',
  closed(
    {
      ...material,
      applicationVersion: worded(
        Version,
        '申请因此得到的版本，用于 If-Match · version of the application with it',
      ),
    },
    { description: '刚上传的材料 · a material just added' },
  ),
);

export const MaterialForm = named(
  'MaterialForm',
  closed(
    {
      kind: worded(MaterialKind, '材料种类 · kind of material', 'contribution-proof'),
      content: Type.Unsafe<Buffer>({
        type: 'string',
        format: 'binary',
        description: 'JPEG、PNG 或 PDF，不超过 5 MiB · at most 5 MiB',
      }),
      supersedes: Type.Optional(worded(Uuid, '替换同种类的哪一份 · which one of the same kind it replaces')),
    },
    { description: '材料及其种类 · a material and its kind' },
  ),
);

export const MaterialContentQuery = closed({
  purpose: Type.Optional(
    worded(
      RevealPurpose,
      '查看目的，不在办理环节查看身份证件图像时必填 · purpose, for an identity paper outside of the work on its case',
      'verify-identity',
    ),
  ),
});
export type MaterialContentQuery = Static<typeof MaterialContentQuery>;
