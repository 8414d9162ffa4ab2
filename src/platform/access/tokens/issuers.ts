// Parses the operator's list of trusted issuers and checks their key set URLs. Reads no file and verifies no
// token.

import { type Role, roles } from '../actor.ts';
import type { TrustedIssuer } from './tokens.ts';

const needed = ['issuer', 'audience', 'jwksUrl', 'roles'];
const optional = ['senderConstrained', 'docsClientId'];

/**
 * Parses the list of issuers: a JSON array of `{issuer, audience, jwksUrl, roles, senderConstrained?, docsClientId?}`. Each
 * names the roles it may grant, so that a compromised issuer of platforms cannot create officers.
 *
 * @throws Error that names the entry and what is wrong with it
 */
export function readIssuers(text: string): readonly TrustedIssuer[] {
  const entries = parsed(text);
  if (!Array.isArray(entries) || entries.length === 0)
    throw new Error('应为签发者的 JSON 数组 · must hold a JSON array of issuers');
  const issuers = entries.map((entry: unknown, index) => {
    return within([`第 ${index + 1} 项：`, `entry ${index + 1}: `], () => issuerOf(entry));
  });
  const names = new Set(issuers.map(({ issuer }) => issuer));
  if (names.size < issuers.length) throw new Error('同一签发者出现两次 · names an issuer twice');
  return issuers;
}

/**
 * Plain http is allowed on this machine only: whoever controls the key set can forge any token. @throws Error
 */
export function keySetUrl(text: string): URL {
  const url = URL.parse(text);
  const local = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !local))
    throw new Error('应为 https 地址 · must be an https URL');
  return url;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('不是 JSON · must hold JSON');
  }
}

function issuerOf(entry: unknown): TrustedIssuer {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw new Error('应为对象 · must be an object');
  const said = new Map<string, unknown>(Object.entries(entry));
  const missing = needed.filter((name) => !said.has(name));
  if (missing.length > 0) throw new Error(`缺少 ${missing.join('、')} · lacks ${missing.join(', ')}`);
  const unknown = [...said.keys()].filter((name) => ![...needed, ...optional].includes(name));
  if (unknown.length > 0)
    throw new Error(`有未知字段 ${unknown.join('、')} · has the unknown ${unknown.join(', ')}`);
  const senderConstrained = said.get('senderConstrained') ?? false;
  if (typeof senderConstrained !== 'boolean')
    throw new Error('senderConstrained 应为 true 或 false · senderConstrained must be true or false');
  const vouchesFor = said.get('roles');
  if (!Array.isArray(vouchesFor) || vouchesFor.length === 0 || !vouchesFor.every(isRole)) {
    throw new Error(`roles 应为 ${roles.join('、')} 的列表 · roles must be a list of them`);
  }
  const jwksUrl = within(['jwksUrl ', 'jwksUrl '], () => keySetUrl(textIn(said, 'jwksUrl')));
  return {
    issuer: textIn(said, 'issuer'),
    audience: textIn(said, 'audience'),
    jwksUrl,
    roles: vouchesFor,
    senderConstrained,
    ...(said.has('docsClientId') ? { docsClientId: textIn(said, 'docsClientId') } : {}),
  };
}

function textIn(said: ReadonlyMap<string, unknown>, name: string): string {
  const value = said.get(name);
  if (typeof value !== 'string' || value === '') throw new Error(`${name} 应为文本 · ${name} must be a text`);
  return value;
}

/** Puts the place in front of both halves of an error's message. */
function within<T>([zh, en]: readonly [string, string], read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Error(zh + error.message.replace(' · ', ` · ${en}`));
  }
}

function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}
