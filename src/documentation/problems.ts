// Serves a page about each problem, at the address that an unsuccessful answer names as its type, and a list of all.
// Public, in production too: whoever meets a problem has its address.

import { createHash } from 'node:crypto';
import type { App } from '../platform/http/server.ts';
import { type ProblemCode, problemPages, problems } from '../platform/problem.ts';
import { askedEachTime, contentOf, sendContent } from './compressed.ts';

const open = { config: { public: true }, schema: { hide: true } } as const;

/** What a program does about a status: in Chinese, then in English. */
const byStatus: ReadonlyMap<number, readonly [chinese: string, english: string]> = new Map([
  [400, ['改正请求后再提交；原样重发没有用。', 'Mend the request. Sending it again unchanged is no use.']],
  [401, ['换用有效的访问令牌后再提交。', 'Send it again with a valid access token.']],
  [403, ['换用有权限的账号，或由他人办理。', 'It takes another account, or another person.']],
  [404, ['核对地址和编号。', 'Check the address and the id.']],
  [405, ['换用该地址支持的请求方法（见响应头 Allow）。', 'Use a method that the header Allow names.']],
  [408, ['用同一个 Idempotency-Key 重试。', 'Send it again under the same Idempotency-Key.']],
  [
    409,
    [
      '当前状态不允许，请求本身无须改正；状态变化后可以再试。',
      'The present state is in the way, the request is not. Once the state has changed it may succeed.',
    ],
  ],
  [412, ['重新查询，核对最新内容后再提交。', 'Read it again, look at what has changed, then decide.']],
  [413, ['分批提交，或压缩文件。', 'Send less at a time.']],
  [415, ['换用接口文档写明的内容类型。', 'Send a media type that the contract names.']],
  [422, ['提交的内容不能接受；改正后再提交。', 'What was sent is refused in any state. Correct it first.']],
  [428, ['在请求头 If-Match 中写明您看到的版本。', 'Say with If-Match which version you saw.']],
  [429, ['等待响应头 Retry-After 的秒数后重试。', 'Wait for the seconds of Retry-After.']],
  [431, ['减少请求头。', 'Send fewer headers.']],
  [
    500,
    [
      '未保存任何内容；用同一个 Idempotency-Key 重试，仍失败的，凭 requestId 联系运维人员。',
      'Nothing was stored. Send it again under the same Idempotency-Key; if it fails again, report its requestId.',
    ],
  ],
  [
    503,
    [
      '等待响应头 Retry-After 的秒数后，用同一个 Idempotency-Key 重试。',
      'Wait for the seconds of Retry-After, then send it again under the same Idempotency-Key.',
    ],
  ],
]);

const style = `
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.6; color: #222;
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
h1 small, td small { color: #666; font-weight: normal; }
dt { font-weight: bold; margin-top: 1rem; } dd { margin: 0; }
td { padding: 0.2rem 1rem 0.2rem 0; vertical-align: top; }`;

const contentPolicy = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: [`'sha256-${createHash('sha256').update(style).digest('base64')}'`],
      formAction: ["'none'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
};

/** Registers the pages about problems. */
export async function registerProblemPages(app: App): Promise<void> {
  const codes = Object.keys(problems) as ProblemCode[]; // its keys are these
  await app.register(async (pages) => {
    pages.addHook('onRequest', async (_request, reply) => {
      await reply.helmet(contentPolicy);
    });
    const list = pageOf('错误代码 · Problem codes', listOf(codes));
    pages.get(problemPages, open, (request, reply) => sendContent(request, reply, list, askedEachTime));
    for (const code of codes) {
      const page = pageOf(`${problems[code].title} · ${code}`, describe(code));
      pages.get(`${problemPages}/${code}`, open, (request, reply) =>
        sendContent(request, reply, page, askedEachTime),
      );
    }
  });
}

function pageOf(title: string, body: string) {
  const html = `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return contentOf('text/html; charset=utf-8', Buffer.from(html));
}

function listOf(codes: readonly ProblemCode[]): string {
  const rows = codes.map((code) => {
    const { status, title } = problems[code];
    return `<tr><td>${status}</td><td><a href="${problemPages}/${code}">${code}</a></td><td>${title}</td></tr>`;
  });
  return `<h1>错误代码 <small>Problem codes</small></h1>\n<table>\n${rows.join('\n')}\n</table>`;
}

/** Texts of the closed list only, which hold no markup. */
function describe(code: ProblemCode): string {
  const { status, title, detail } = problems[code];
  const [chinese, english] = byStatus.get(status) ?? ['', ''];
  return `<h1>${title} <small>${code}</small></h1>
<p>${detail}</p>
<dl>
<dt>HTTP ${status}</dt>
<dd>${chinese}<br>${english}</dd>
<dt>逐项错误 · errors</dt>
<dd>每一项有位置（pointer）、代码（code）和说明（detail）。Each has its place in the request, a code for programs and what to do.</dd>
<dt>requestId</dt>
<dd>反映问题时请提供。Say it when you ask for help.</dd>
</dl>
<p><a href="${problemPages}">全部错误代码 · all problem codes</a></p>`;
}
