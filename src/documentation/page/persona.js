// Offers at each operation, in the sandbox, to log in as the persona that may call it: with one press.

import { preparations } from './story.js';

/** Where the sandbox grants tokens; undefined where there is no sandbox. @param {System} system */
function sandboxTokenUrl({ specSelectors }) {
  const place = ['components', 'securitySchemes', 'oauth2', 'flows', 'clientCredentials', 'tokenUrl'];
  return specSelectors.specJson().getIn(place);
}

/** Who is logged in, by the token. @param {System} system @returns {string | undefined} */
function holderOf({ authSelectors }) {
  const token = authSelectors.authorized()?.getIn(['oauth2', 'token', 'access_token']);
  if (typeof token !== 'string') return undefined;
  const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(atob(payload))['client_id'];
}

/**
 * @param {System} system
 * @param {string} tokenUrl
 * @param {string} persona
 */
async function logIn(system, tokenUrl, persona) {
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: persona,
      client_secret: 'sandbox',
    }),
  });
  const token = await answer.json();
  const schema = system.specSelectors.specJson().getIn(['components', 'securitySchemes', 'oauth2']);
  const auth = { name: 'oauth2', clientId: persona, schema: { ...schema.toJS(), flow: 'clientCredentials' } };
  system.authActions.authorizeOauth2WithPersistOption({ auth, token });
}

/** @type {UiPlugin} */
export const persona = () => ({
  wrapComponents: {
    parameters: (/** @type {Function} */ Original, /** @type {System} */ system) =>
      function WithOffer(/** @type {System} */ props) {
        const { React } = system;
        const { subscribe } = system.getStore();
        const holder = React.useSyncExternalStore(subscribe, () => holderOf(system));
        const prepared = React.useSyncExternalStore(preparations.subscribe, preparations.all);
        const [path, method] = props.pathMethod;
        const description = props.operation.get('description') ?? '';
        const named = /Sandbox persona:\*\* `([^`]+)`/.exec(description)?.[1];
        const wanted = prepared.get(`${method} ${path}`)?.persona ?? named;
        const tokenUrl = sandboxTokenUrl(system);
        if (wanted === undefined || tokenUrl === undefined) return React.createElement(Original, props);
        const isHolder = holder === wanted;
        const offer = React.createElement(
          'button',
          {
            type: 'button',
            className: 'btn persona',
            'data-persona': wanted,
            'aria-pressed': isHolder,
            onClick: () => logIn(system, tokenUrl, wanted),
          },
          isHolder ? `已以 ${wanted} 身份授权` : `以 ${wanted} 身份授权`,
        );
        return React.createElement(
          React.Fragment,
          null,
          React.createElement('div', { className: 'offer' }, offer),
          React.createElement(Original, props),
        );
      },
  },
});
