// The answer to a press of 执行: its status in words, its content with amounts and times readable, a file that
// opens, and the request behind it.

import { contentLines } from './answer-lines.js';
import { allOperations, resolved } from './contract.js';

/** More lines slow the browser down; the whole can be saved. */
const mostLines = 2_000;

/** Files that a browser shows; others it saves. */
const opening = new Map([
  ['.pdf', 'application/pdf'],
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
]);

/**
 * As fetch, but a file comes as bytes: Swagger UI would read a CSV as text, and its byte order mark would be lost.
 *
 * @param {string} url @param {RequestInit} request
 */
async function fetchExactly(url, request) {
  const response = await fetch(url, request);
  if (!/attachment/i.test(response.headers.get('content-disposition') ?? '')) return response;
  const headers = new Headers(response.headers);
  headers.set('content-type', 'application/octet-stream');
  const { status, statusText } = response;
  return new Response(await response.blob(), { status, statusText, headers });
}

/** @type {UiPlugin} */
export const answer = (system) => {
  const { React } = system;
  const h = React.createElement;

  /** @param {Rendered} props of Swagger UI's own: the response, path and method */
  function LiveResponse({ response, path, method, displayRequestDuration }) {
    const { getComponent, getConfigs, specSelectors } = system.getSystem();
    const request = specSelectors.requestFor(path, method);
    const status = response.get('status');
    const headers = Object.entries(response.get('headers')?.toJS() ?? {});
    const lines = headers.map(([name, value]) => `${name}: ${value}`).join('\n');
    const failure = response.get('error') ? '没有收到回答，请检查网络后重试。' : null;
    return h(
      'div',
      null,
      h('h4', null, '服务的回答'),
      h(
        'table',
        { className: 'responses-table live-responses-table' },
        h(
          'tbody',
          null,
          h(
            'tr',
            { className: 'response' },
            h('td', { className: 'response-col_status' }, status),
            h(
              'td',
              { className: 'response-col_description' },
              h('p', null, failure ?? descriptionOf(path, method, String(status))),
              h(Body, { response, path, method, status: String(status) }),
            ),
          ),
        ),
      ),
      h(getComponent('NextSteps'), { response, path, method }),
      h(
        'details',
        { className: 'answer-request' },
        h(
          'summary',
          null,
          `请求与响应头${displayRequestDuration ? `（${response.get('duration') ?? 0} 毫秒）` : ''}`,
        ),
        request === undefined ? null : h(getComponent('curl'), { request, getComponent, getConfigs }),
        h('h5', null, '请求地址'),
        h('pre', { className: 'microlight' }, request?.get('url')),
        h('h5', null, '响应头'),
        h('pre', { className: 'microlight' }, lines),
      ),
    );
  }

  /** @param {{ response: Rendered, path: string, method: string, status: string }} props */
  function Body({ response, path, method, status }) {
    const content = response.get('text') ?? response.get('data');
    const type = String(response.getIn(['headers', 'content-type']) ?? '');
    if (content === undefined || content === null || content === '') return null;
    const name = fileNameOf(response);
    if (content instanceof Blob || name !== null) return h(File, { content, name: name ?? 'download' });
    if (!/json/.test(type)) return h('pre', { className: 'microlight' }, String(content));
    return h(Json, { text: String(content), schema: schemaOf(path, method, status) });
  }

  /** @param {{ content: Blob | string, name: string }} props */
  function File({ content, name }) {
    const type = opening.get(name.slice(name.lastIndexOf('.'))) ?? 'application/octet-stream';
    const address = React.useMemo(() => URL.createObjectURL(new Blob([content], { type })), [content, type]);
    React.useEffect(() => () => URL.revokeObjectURL(address), [address]);
    return h(
      'p',
      { className: 'answer-file' },
      h('a', { href: address, download: name, className: 'btn' }, `保存 ${name}`),
      opening.has(name.slice(name.lastIndexOf('.')))
        ? h('a', { href: address, target: '_blank', className: 'btn' }, '打开')
        : null,
      /image\//.test(type) ? h('img', { src: address, alt: name }) : null,
    );
  }

  /** @param {{ text: string, schema: Schema }} props */
  function Json({ text, schema }) {
    /** @type {import('./answer-lines.js').Line[]} */
    const lines = React.useMemo(() => linesOf(text, schema), [text, schema]);
    const save = () => {
      const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
      Object.assign(document.createElement('a'), { href: address, download: 'answer.json' }).click();
      URL.revokeObjectURL(address);
    };
    const rows = lines
      .slice(0, mostLines)
      .map(({ text: line, note }, index) =>
        h(
          React.Fragment,
          { key: index },
          line,
          note === null ? null : h('span', { className: 'note' }, `  ${note}`),
          '\n',
        ),
      );
    const more = lines.length - mostLines;
    return h(
      React.Fragment,
      null,
      h(
        'pre',
        { className: 'microlight answer-json' },
        rows,
        more > 0 ? `… 还有 ${more} 行，请保存后查看` : null,
      ),
      h(
        'p',
        { className: 'answer-file' },
        h(
          'button',
          { type: 'button', className: 'btn', onClick: () => navigator.clipboard?.writeText(text) },
          '复制',
        ),
        h('button', { type: 'button', className: 'btn', onClick: save }, '保存'),
      ),
    );
  }

  return {
    components: { liveResponse: LiveResponse },
    statePlugins: {
      spec: {
        wrapActions: {
          executeRequest: (/** @type {Function} */ original) => (/** @type {Schema} */ request) =>
            original({ ...request, userFetch: fetchExactly }),
        },
      },
    },
  };
};

/** @param {string} text @param {Schema} schema */
function linesOf(text, schema) {
  try {
    return contentLines(JSON.parse(text), schema);
  } catch {
    return text.split('\n').map((line) => ({ text: line, note: null }));
  }
}

/** @param {string} path @param {string} method @param {string} status @returns {Schema} */
function responseOf(path, method, status) {
  const operation = allOperations().find((one) => one.path === path && one.method === method);
  return resolved(operation?.definition.responses?.[status]);
}

/** What the contract says of this status. @param {string} path @param {string} method @param {string} status */
function descriptionOf(path, method, status) {
  return responseOf(path, method, status).description ?? '';
}

/** @param {string} path @param {string} method @param {string} status @returns {Schema} */
function schemaOf(path, method, status) {
  const contents = Object.values(responseOf(path, method, status).content ?? {});
  return contents[0]?.schema ?? {};
}

/** The name that the service gives a file; null when it gives none. @param {Rendered} response */
function fileNameOf(response) {
  const disposition = String(response.getIn(['headers', 'content-disposition']) ?? '');
  const [, encoded] = /filename\*=UTF-8''([^;]+)/i.exec(disposition) ?? [];
  if (encoded !== undefined) return decodeURIComponent(encoded);
  return /filename="?([^";]+)"?/i.exec(disposition)?.[1] ?? null;
}
