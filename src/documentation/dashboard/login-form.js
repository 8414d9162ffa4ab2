// Who is not logged in sees this: the configured issuers, or the personas of the sandbox, or a field for a token.

import { logInByCode } from '../login/code-login.js';
import { personasOf, tokenOfPersona } from '../login/persona-login.js';
import { roleName } from '../login/token.js';
import { el } from './elements.js';

/** The sandbox's secret, printed in its documents: it protects nothing. */
const sandboxSecret = 'sandbox';

/**
 * @param {Readonly<Record<string, Schema>>} schemes of the contract that the service serves
 * @param {ReadonlySet<string>} roles that see anything here
 * @param {string} reason why somebody has to log in again; empty at first
 * @param {(token: string) => void} onToken
 */
export function loginForm(schemes, roles, reason, onToken) {
  const ways = Object.values(schemes).map((scheme) =>
    scheme.flows.clientCredentials === undefined
      ? issuerWay(scheme, onToken)
      : personaWay(scheme, roles, onToken),
  );
  return el(
    'section',
    { class: 'panel login', 'aria-labelledby': 'login-title' },
    el('h2', { id: 'login-title' }, '登录'),
    reason === '' ? null : el('p', { class: 'problem', role: 'alert' }, reason),
    el(
      'p',
      { class: 'lead' },
      '供审核、财政、审计等岗位查看本辖区的统计数字。只读，不显示任何人的个人信息。',
    ),
    ...ways,
    tokenWay(onToken),
  );
}

/** @param {string} label @param {() => Promise<void>} onDo @param {...(Node | null)} fields */
function form(label, onDo, ...fields) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    problem.textContent = '';
    onDo().catch((error) => {
      problem.textContent = error instanceof Error ? error.message : String(error);
    });
  };
  return el('form', { submit }, ...fields, el('button', { type: 'submit' }, label), problem);
}

/** @param {Schema} scheme @param {(token: string) => void} onToken */
function issuerWay(scheme, onToken) {
  const log = async () => onToken((await logInByCode(scheme)).access_token);
  return form(`在 ${new URL(scheme['x-issuer']).host} 登录`, log);
}

/** @param {Schema} scheme @param {ReadonlySet<string>} roles @param {(token: string) => void} onToken */
function personaWay(scheme, roles, onToken) {
  const persona = el('select', { id: 'persona', required: true });
  personasOf(scheme).then(
    (all) => persona.append(...groupsOf(all, roles)),
    () => {},
  );
  const log = async () => onToken((await tokenOfPersona(scheme, persona.value, sandboxSecret)).access_token);
  return form('以此身份登录', log, el('label', { for: 'persona' }, '沙箱身份'), persona);
}

/** The roles whose page this is, before the others. */
const first = ['auditor', 'reviewer', 'finance'];

/** @param {readonly Schema[]} personas @param {ReadonlySet<string>} roles */
function groupsOf(personas, roles) {
  const ordered = [...new Set([...first, ...roles])].filter((role) => roles.has(role));
  return ordered.map((role) =>
    el(
      'optgroup',
      { label: roleName(role) },
      ...personas
        .filter((one) => one.role === role)
        .map(({ id, name }) => el('option', { value: id }, `${name}（${id}）`)),
    ),
  );
}

/** @param {(token: string) => void} onToken */
function tokenWay(onToken) {
  const token = el('input', { id: 'token', required: true, autocomplete: 'off', spellcheck: 'false' });
  const take = async () => onToken(token.value.trim().replace(/^Bearer +/i, ''));
  return el(
    'details',
    {},
    el('summary', {}, '已有访问令牌'),
    form('使用此令牌', take, el('label', { for: 'token' }, '访问令牌（不含 Bearer）'), token),
  );
}
