// The page from top to bottom: who is logged in, the search, the operations, and behind them what is looked up
// now and then.

import { whoIs } from '../login/token.js';
import { resolved, theContract } from './contract.js';
import { holder } from './holder.js';
import { countOf } from './shown-operations.js';

/** @type {UiPlugin} */
export const layout = (system) => {
  const { React } = system;
  const h = React.createElement;

  /** Takes the place of the outline, with the same tags open. */
  function replaceOutline() {
    const outline = document.getElementById('outline');
    for (const section of outline?.querySelectorAll('details[open]') ?? [])
      system.getSystem().layoutActions.show(['operations-tag', section.getAttribute('data-tag')], true);
    outline?.remove();
  }

  function Page() {
    const { getComponent, specSelectors, errSelectors } = system.getSystem();
    const status = specSelectors.loadingStatus();
    const Errors = getComponent('errors', true);
    const isHere = specSelectors.specJson().size > 0;
    React.useLayoutEffect(() => {
      if (isHere) replaceOutline();
    }, [isHere]);
    if (status === 'failed' || status === 'failedConfig')
      return h(
        'div',
        { className: 'swagger-ui page' },
        h('p', { role: 'alert' }, '接口文档加载失败，请刷新页面。'),
      );
    if (specSelectors.specJson().size === 0)
      return h(
        'div',
        { className: 'swagger-ui page' },
        h('p', { className: 'page-wait' }, '正在加载接口文档…'),
      );
    return h(
      'div',
      { className: 'swagger-ui page' },
      h(getComponent('SvgAssets')),
      h(Head),
      errSelectors.allErrors().size > 0 ? h(Errors) : null,
      h(Bar),
      h('main', { className: 'wrapper' }, h(getComponent('operations', true))),
      h(Behind),
    );
  }

  function Head() {
    const { getComponent } = system.getSystem();
    const { info = {} } = theContract();
    const [title] = String(info.title).split(' · ');
    const who = holder(system.getSystem());
    return h(
      'header',
      { className: 'page-head' },
      h('h1', null, title, h('small', null, ` 接口文档 ${info.version}`)),
      h('a', { href: '../openapi.json', target: '_blank' }, 'openapi.json'),
      h('span', { className: 'page-who' }, who === null ? '未登录' : whoIs(who)),
      h(getComponent('AuthorizeBtnContainer', true)),
    );
  }

  function Bar() {
    const now = system.getSystem();
    const who = holder(now);
    const { own, all } = countOf(now);
    const search = (/** @type {{ target: { value: string } }} */ { target }) =>
      now.shownActions.search(target.value);
    const showAll = (/** @type {{ target: { checked: boolean } }} */ { target }) =>
      now.shownActions.showAll(target.checked);
    return h(
      'div',
      { className: 'page-bar', role: 'search' },
      h('input', {
        type: 'search',
        'aria-label': '搜索接口',
        placeholder: '搜索：路径、名称或中文，如 受理、acceptance',
        value: now.shownSelectors.phrase(),
        onChange: search,
      }),
      who === null || who.roles.length === 0
        ? h('span', null, `共 ${all} 个接口`)
        : h(
            'label',
            null,
            h('input', { type: 'checkbox', checked: now.shownSelectors.showsAll(), onChange: showAll }),
            ` 显示全部接口（您的岗位可调用 ${own} 个，共 ${all} 个）`,
          ),
    );
  }

  /** What is behind the operations; each part is made only when it is opened. */
  function Behind() {
    const { getComponent } = system.getSystem();
    const { info = {}, webhooks } = theContract();
    return h(
      'footer',
      { className: 'page-behind wrapper' },
      h(Part, {
        title: '约定与说明',
        make: () => h(getComponent('Markdown', true), { source: info.description }),
      }),
      h(Part, { title: '错误代码及处理办法', make: () => h(Codes) }),
      webhooks === undefined
        ? null
        : h(Part, { title: '事件推送（webhooks）', make: () => h(getComponent('Webhooks', true)) }),
      h(Part, { title: '数据结构', make: () => h(getComponent('Models', true)) }),
    );
  }

  /** @param {{ title: string, make: () => Rendered }} props */
  function Part({ title, make }) {
    const [isOpen, setOpen] = React.useState(false);
    const onToggle = (/** @type {{ currentTarget: HTMLDetailsElement }} */ { currentTarget }) =>
      setOpen(currentTarget.open);
    return h('details', { onToggle }, h('summary', null, title), isOpen ? make() : null);
  }

  function Codes() {
    const problem = resolved(theContract().components?.schemas?.Problem);
    const code = resolved(problem.properties?.code);
    const words = code['x-enum-descriptions'] ?? [];
    const rows = (code.enum ?? []).map((/** @type {string} */ one, /** @type {number} */ index) =>
      h('tr', { key: one }, h('td', null, h('code', null, one)), h('td', null, words[index] ?? '')),
    );
    return h('table', { className: 'page-codes' }, h('tbody', null, rows));
  }

  return { components: { Page } };
};
