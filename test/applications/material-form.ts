// A material as a browser sends it. Contains no test.

/** A one-pixel PNG. */
export const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A multipart form with one material and further fields. */
export function materialForm(
  kind: string,
  content: Buffer = pixel,
  more: Readonly<Record<string, string>> = {},
): { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> } {
  const boundary = 'boundary-of-the-form';
  const part = (head: string, value: Buffer) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`),
      value,
      Buffer.from('\r\n'),
    ]);
  const body = Buffer.concat([
    part('name="kind"', Buffer.from(kind)),
    ...Object.entries(more).map(([name, value]) => part(`name="${name}"`, Buffer.from(value))),
    part('name="content"; filename="material.png"', content),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  return { body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}
