// Which operations are shown: those that the holder of the token may call, unless the switch shows all, and of
// them those that the search finds.

import { allOperations, theContract } from './contract.js';
import { holder } from './holder.js';

/** @type {UiPlugin} */
export const shownOperations = () => {
  /** @type {{ given: readonly unknown[], shown: Rendered } | null} */
  let last = null;
  return {
    statePlugins: {
      shown: {
        actions: {
          search: (/** @type {string} */ phrase) => ({ type: 'shown_search', payload: phrase }),
          showAll: (/** @type {boolean} */ all) => ({ type: 'shown_all', payload: all }),
        },
        reducers: {
          shown_search: (/** @type {System} */ state, /** @type {{ payload: string }} */ { payload }) =>
            state.set('phrase', payload),
          shown_all: (/** @type {System} */ state, /** @type {{ payload: boolean }} */ { payload }) =>
            state.set('all', payload),
        },
        selectors: {
          phrase: (/** @type {System} */ state) => state.get('phrase', ''),
          showsAll: (/** @type {System} */ state) => state.get('all', false),
        },
      },
      spec: {
        wrapSelectors: {
          taggedOperations: (/** @type {Function} */ original, /** @type {System} */ system) => () => {
            const tagged = original();
            const roles = rolesThatCount(system);
            const phrase = system.shownSelectors.phrase();
            const now = [tagged, roles?.join(), phrase];
            if (last === null || now.some((value, index) => value !== last?.given[index]))
              last = { given: now, shown: filtered(tagged, shownIds(roles, phrase)) };
            return last.shown;
          },
        },
      },
      layout: {
        wrapSelectors: {
          // What a search finds is seen without opening its tag.
          isShown:
            (/** @type {Function} */ original, /** @type {System} */ system) =>
            (
              /** @type {unknown} */ _state,
              /** @type {string[]} */ thing,
              /** @type {boolean} */ usually,
            ) => {
              const isFound = thing[0] === 'operations-tag' && system.shownSelectors.phrase() !== '';
              return isFound || original(thing, usually);
            },
        },
      },
    },
  };
};

/** The roles by which operations are left out; null when all are shown. @param {System} system */
function rolesThatCount(system) {
  const roles = holder(system)?.roles ?? [];
  return roles.length === 0 || system.shownSelectors.showsAll() ? null : roles;
}

/** How many operations the holder may call, and how many there are. @param {System} system */
export function countOf(system) {
  const roles = holder(system)?.roles ?? null;
  return { own: shownIds(roles, '').size, all: allOperations().length };
}

/** @param {readonly string[] | null} roles @param {string} phrase @returns {ReadonlySet<string>} */
function shownIds(roles, phrase) {
  const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
  const tags = new Map(
    (theContract().tags ?? []).map((/** @type {Schema} */ tag) => [tag.name, tag.description]),
  );
  const shown = allOperations().filter((one) => {
    const isOwn = roles === null || one.roles === null || one.roles.some((role) => roles.includes(role));
    const { path, method, operationId, summary, tag } = one;
    const text = [path, method, operationId, summary, tag, tags.get(tag)].join(' ').toLowerCase();
    return isOwn && words.every((word) => text.includes(word));
  });
  return new Set(shown.map(({ path, method }) => `${method} ${path}`));
}

/** @param {System} tagged tags with their operations @param {ReadonlySet<string>} ids */
function filtered(tagged, ids) {
  const isShown = (/** @type {System} */ one) => ids.has(`${one.get('method')} ${one.get('path')}`);
  return tagged
    .map((/** @type {System} */ tag) =>
      tag.update('operations', (/** @type {System} */ all) => all.filter(isShown)),
    )
    .filter((/** @type {System} */ tag) => tag.get('operations').size > 0);
}
