// Under an answer: what comes next for this thing, and the operations for it, each a press away.

import { allOperations } from './contract.js';

const mostOffered = 6;

/** @type {UiPlugin} */
export const nextSteps = (system) => {
  const h = system.React.createElement;

  /** @param {{ response: Rendered, path: string, method: string }} props */
  function NextSteps({ response, path, method }) {
    const said = bodyOf(response);
    if (!response.get('ok') || said === null) return null;
    const { next, actor } = said['progress'] ?? {};
    const offered = operationsAfter(path, method);
    if (next === undefined && offered.length === 0) return null;
    const links = offered.map(({ operationId, summary, tag }) =>
      h(
        'a',
        {
          key: operationId,
          href: `#/${tag}/${operationId}`,
          onClick: (/** @type {Event} */ event) => {
            event.preventDefault();
            openOperation(system.getSystem(), tag, operationId);
          },
        },
        summary.split(' · ')[0],
      ),
    );
    return h(
      'div',
      { className: 'next-steps' },
      next === undefined ? null : h('p', null, `下一步${actor ? `（${actor}）` : ''}：${next}`),
      links.length === 0 ? null : h('p', null, '接下来可以：', links),
    );
  }

  return { components: { NextSteps } };
};

/**
 * The operations for the same thing that come later in the order of a case; after its last one, those of its
 * subject that follow.
 *
 * @param {string} path @param {string} method
 */
export function operationsAfter(path, method) {
  const all = allOperations();
  const at = all.findIndex((one) => one.path === path && one.method === method);
  const [, , subject] = path.split('/');
  const later = all.slice(at + 1).filter((one) => one.path.split('/')[2] === subject && one.method !== 'get');
  const then = later.length > 0 ? later : all.slice(at + 1).filter((one) => one.tag === all[at]?.tag);
  return then.slice(0, mostOffered);
}

/** Opens an operation, also one that belongs to another role. @param {System} system @param {string} tag @param {string} id */
export function openOperation(system, tag, id) {
  system.shownActions.search('');
  const isShown = system.specSelectors
    .taggedOperations()
    .getIn([tag, 'operations'])
    ?.some((/** @type {System} */ one) => one.getIn(['operation', 'operationId']) === id);
  if (!isShown) system.shownActions.showAll(true);
  system.layoutActions.show(['operations-tag', tag], true);
  system.layoutActions.show(['operations', tag, id], true);
  history.replaceState(null, '', `#/${tag}/${id}`);
  setTimeout(
    () => document.getElementById(`operations-${tag}-${id}`)?.scrollIntoView({ block: 'start' }),
    50,
  );
}

/** @param {Rendered} response @returns {Schema | null} */
function bodyOf(response) {
  try {
    const value = JSON.parse(response.get('text') ?? '');
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
