// Has the sandbox prepare what an operation needs that ends or turns a case: another case in the right state, when
// Try it out is pressed. Its ids are in the form before Execute is pressed.

import { allOperations } from './contract.js';
import { known } from './memory.js';

/**
 * @typedef {object} Preparation
 * @property {string} title
 * @property {string} persona who can carry out the operation on it
 * @property {string} operationId
 * @property {'none' | 'pending' | 'ready' | 'failed'} state
 */

/** By method and path of the operation; empty where there is no sandbox. */
export const preparations = createPreparations();

function createPreparations() {
  /** @type {ReadonlyMap<string, Preparation>} */
  let all = new Map();
  /** @type {Set<() => void>} */
  const listeners = new Set();
  return {
    all: () => all,
    /** @param {ReadonlyMap<string, Preparation>} next */
    set(next) {
      all = next;
      for (const tell of listeners) tell();
    },
    /** @param {() => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** @param {string} operation @param {Preparation['state']} state */
function setState(operation, state) {
  const one = preparations.all().get(operation);
  if (one !== undefined) preparations.set(new Map(preparations.all()).set(operation, { ...one, state }));
}

const address = '/sandbox/story';

/** Which operations the sandbox prepares something for. */
async function readPreparations() {
  const answer = await fetch(address);
  /** @type {{ prepares: { operation: string, title: string, persona: string }[] }} */
  const { prepares } = await answer.json();
  const found = prepares.flatMap(({ operation: operationId, title, persona }) => {
    const one = allOperations().find((each) => each.operationId === operationId);
    if (one === undefined) return [];
    const preparation = { title, persona, operationId, state: /** @type {const} */ ('none') };
    return [/** @type {const} */ ([`${one.method} ${one.path}`, preparation])];
  });
  preparations.set(new Map(found));
}

/** @param {string} operation method and path */
async function prepare(operation) {
  const one = preparations.all().get(operation);
  if (one === undefined || one.state === 'pending') return;
  setState(operation, 'pending');
  const answer = await fetch(`${address}/${one.operationId}`, { method: 'POST' });
  if (!answer.ok) return setState(operation, 'failed');
  known.prepare(operation, await answer.json());
  setState(operation, 'ready');
}

/** @type {UiPlugin} */
export const story = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (/** @type {Function} */ original) => (/** @type {Schema} */ contract) => {
          if (document.body.dataset['sandbox'] === 'true') readPreparations();
          return original(contract);
        },
      },
    },
    layout: {
      wrapSelectors: {
        // Nothing is prepared for who only reads: the form opens when Try it out is pressed.
        isShown:
          (/** @type {Function} */ original) =>
          (/** @type {unknown} */ _state, /** @type {string[]} */ thing, /** @type {boolean} */ usually) => {
            const isForm = thing[3] === 'try-it-out';
            const waits =
              isForm && [...preparations.all().values()].some((one) => one.operationId === thing[2]);
            return original(thing, waits ? false : usually);
          },
      },
    },
  },
  wrapComponents: {
    parameters: (/** @type {Function} */ Original, /** @type {System} */ { React }) =>
      function WithStory(/** @type {System} */ props) {
        const all = React.useSyncExternalStore(preparations.subscribe, preparations.all);
        const [path, method] = props.pathMethod;
        const operation = `${method} ${path}`;
        const one = all.get(operation);
        const isKnown = one !== undefined;
        const isTried = props.tryItOutEnabled && props.allowTryItOut;
        React.useEffect(() => {
          if (isKnown && isTried && !known.isPrepared(operation)) prepare(operation);
        }, [isKnown, isTried]);
        if (one === undefined || !isTried) return React.createElement(Original, props);
        return React.createElement(
          React.Fragment,
          null,
          React.createElement(
            'div',
            { className: 'story', 'data-state': one.state },
            ...noteOf(one, operation, React),
          ),
          React.createElement(Original, props),
        );
      },
  },
});

/**
 * @param {Preparation} preparation
 * @param {string} operation
 * @param {System} React
 */
function noteOf({ title, state }, operation, React) {
  const text = React.createElement('span', { key: 'text' }, sentences[state](title));
  if (state === 'none' || state === 'pending') return [text];
  const again = React.createElement(
    'button',
    { key: 'again', type: 'button', className: 'btn', onClick: () => prepare(operation) },
    state === 'failed' ? '重试' : '再准备一件',
  );
  return [text, again];
}

/** @type {Record<Preparation['state'], (title: string) => string>} */
const sentences = {
  none: (title) => `沙箱正在准备：${title}…`,
  pending: (title) => `沙箱正在准备：${title}…`,
  ready: (title) => `沙箱已为本操作准备：${title}。编号和版本已填入下方。`,
  failed: (title) => `沙箱未能准备：${title}。请稍后重试。`,
};
