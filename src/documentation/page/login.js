// The log-in dialog behind 授权: a persona in the sandbox, the operator's issuers in production, or a token.

import { logInByCode } from '../login/code-login.js';
import { personasOf, tokenOfPersona } from '../login/persona-login.js';
import { whoIs } from '../login/token.js';
import { theContract } from './contract.js';
import { holder } from './holder.js';

/** @type {UiPlugin} */
export const login = (system) => {
  const { React } = system;
  const h = React.createElement;

  /** @param {{ children: Rendered, onDo: () => Promise<void>, label: string, className?: string }} props */
  function LoginForm({ children, onDo, label, className = 'btn modal-btn auth authorize' }) {
    const [problem, setProblem] = React.useState('');
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      setProblem('');
      onDo().catch((error) => setProblem(error instanceof Error ? error.message : String(error)));
    };
    return h(
      'form',
      { onSubmit: submit, className: 'login-form' },
      children,
      h('button', { type: 'submit', className }, label),
      problem === '' ? null : h('p', { className: 'login-problem', role: 'alert' }, problem),
    );
  }

  /** @param {{ name: string, scheme: Schema, onIn: (name: string, token: Schema) => void }} props */
  function PersonaLogin({ name, scheme, onIn }) {
    const [personas, setPersonas] = React.useState([]);
    const persona = React.useRef(null);
    const secret = React.useRef(null);
    React.useEffect(() => {
      personasOf(scheme).then(setPersonas, () => setPersonas([]));
    }, [scheme]);
    const onDo = async () =>
      onIn(name, await tokenOfPersona(scheme, persona.current.value, secret.current.value));
    return h(
      LoginForm,
      { onDo, label: '登录' },
      h('h4', null, '沙箱身份'),
      h('label', { htmlFor: 'login-persona' }, '身份（client_id）'),
      h('input', {
        id: 'login-persona',
        'data-name': 'client_id',
        list: 'login-personas',
        ref: persona,
        required: true,
        placeholder: '选择或输入，如 handler-360203',
      }),
      h(
        'datalist',
        { id: 'login-personas' },
        personas.map((/** @type {Schema} */ one) => h('option', { key: one.id, value: one.id }, one.name)),
      ),
      h('label', { htmlFor: 'login-secret' }, '密钥（client_secret，沙箱中都是 sandbox）'),
      h('input', { id: 'login-secret', 'data-name': 'clientSecret', ref: secret, defaultValue: 'sandbox' }),
    );
  }

  /** @param {{ name: string, scheme: Schema, onIn: (name: string, token: Schema) => void }} props */
  function IssuerLogin({ name, scheme, onIn }) {
    const onDo = async () => onIn(name, await logInByCode(scheme));
    return h(
      LoginForm,
      { onDo, label: `在 ${new URL(scheme['x-issuer']).host} 登录` },
      h('h4', null, '统一身份登录'),
      h('p', null, '将打开签发者的登录窗口，登录后自动返回本页。'),
    );
  }

  /** @param {{ onToken: (token: string) => void }} props */
  function TokenLogin({ onToken }) {
    const token = React.useRef(null);
    const onDo = async () => onToken(token.current.value.trim().replace(/^Bearer +/i, ''));
    return h(
      LoginForm,
      { onDo, label: '使用此令牌', className: 'btn modal-btn' },
      h('h4', null, '访问令牌'),
      h('label', { htmlFor: 'login-token' }, '已有令牌时粘贴在此（不含 Bearer）'),
      h('input', { id: 'login-token', ref: token, required: true, autoComplete: 'off', spellCheck: false }),
    );
  }

  function LoginDialog() {
    const { authActions, authSelectors } = system.getSystem();
    const schemes = theContract().components?.securitySchemes ?? {};
    const close = () => authActions.showDefinitions(false);
    const logOut = () => {
      const names = authSelectors.authorized().keySeq().toArray();
      if (names.length > 0) authActions.logoutWithPersistOption(names);
    };
    const onIn = (/** @type {string} */ name, /** @type {Schema} */ token) => {
      logOut();
      authActions.authorizeOauth2WithPersistOption({ auth: { name, schema: schemes[name] }, token });
      close();
    };
    const onToken = (/** @type {string} */ value) => {
      logOut();
      authActions.authorizeWithPersistOption({ bearer: { name: 'bearer', schema: schemes.bearer, value } });
      close();
    };
    const isIn = authSelectors.authorized().size > 0;
    const forms = Object.entries(schemes).map(([name, scheme]) => {
      if (scheme.flows?.clientCredentials !== undefined)
        return h(PersonaLogin, { key: name, name, scheme, onIn });
      if (scheme.flows?.authorizationCode !== undefined)
        return h(IssuerLogin, { key: name, name, scheme, onIn });
      return scheme.scheme === 'bearer' ? h(TokenLogin, { key: name, onToken }) : null;
    });
    const done = h(
      'button',
      { type: 'button', className: 'btn modal-btn auth btn-done', onClick: close },
      '关闭',
    );
    const inside = isIn
      ? [
          h('p', { key: 'who' }, whoIs(holder(system.getSystem()))),
          h(
            'button',
            { key: 'out', type: 'button', className: 'btn modal-btn auth', onClick: logOut },
            '退出登录',
          ),
        ]
      : forms;
    return h(
      'div',
      { className: 'dialog-ux' },
      h('div', { className: 'backdrop-ux', onClick: close }),
      h(
        'div',
        { className: 'modal-ux', role: 'dialog', 'aria-label': '授权' },
        h(
          'div',
          { className: 'modal-ux-header' },
          h('h3', null, '授权'),
          h('button', { type: 'button', className: 'close-modal', onClick: close, title: '关闭' }, '×'),
        ),
        h('div', { className: 'modal-ux-content' }, h('div', { className: 'auth-container' }, inside, done)),
      ),
    );
  }

  return { components: { authorizationPopup: LoginDialog } };
};
