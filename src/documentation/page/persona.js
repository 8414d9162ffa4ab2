// Offers at each operation, in the sandbox, to log in as the persona that may call it: with one press.

import { tokenOfPersona } from '../login/persona-login.js';
import { theContract } from './contract.js';
import { holder } from './holder.js';
import { preparations } from './story.js';

/** @param {System} system @param {string} persona */
async function logIn({ authActions, authSelectors }, persona) {
  const schema = theContract().components.securitySchemes.oauth2;
  const token = await tokenOfPersona(schema, persona, 'sandbox');
  const names = authSelectors.authorized().keySeq().toArray();
  if (names.length > 0) authActions.logoutWithPersistOption(names);
  authActions.authorizeOauth2WithPersistOption({ auth: { name: 'oauth2', schema }, token });
}

/** @type {UiPlugin} */
export const persona = (system) => {
  const { React } = system;
  const h = React.createElement;
  const isSandbox = document.body.dataset['sandbox'] === 'true';

  /** @param {{ wanted: string }} props */
  function Offer({ wanted }) {
    const now = system.getSystem();
    const { subscribe } = now.getStore();
    const isHolder = React.useSyncExternalStore(subscribe, () => holder(now)?.id === wanted);
    return h(
      'div',
      { className: 'offer' },
      h(
        'button',
        {
          type: 'button',
          className: 'btn',
          'data-persona': wanted,
          'aria-pressed': isHolder,
          onClick: () => logIn(now, wanted),
        },
        isHolder ? `已以 ${wanted} 身份授权` : `以 ${wanted} 身份授权`,
      ),
    );
  }

  return {
    wrapComponents: {
      parameters: (/** @type {Rendered} */ Original) =>
        function WithOffer(/** @type {Rendered} */ props) {
          const [path, method] = props.pathMethod;
          const prepared = React.useSyncExternalStore(preparations.subscribe, preparations.all);
          const description = String(props.operation.get('description') ?? '');
          const named = /Sandbox persona:\*\* `([^`]+)`/.exec(description)?.[1];
          const wanted = prepared.get(`${method} ${path}`)?.persona ?? named;
          if (!isSandbox || wanted === undefined) return h(Original, props);
          return h(React.Fragment, null, h(Offer, { wanted }), h(Original, props));
        },
    },
  };
};
