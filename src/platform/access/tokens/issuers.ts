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
  if (!Array.isArray(entries) || entries.length === 0) throw new Error('must hold a JSON array of issuers');
  const issuers = entries.map((entry: unknown, index) => {
    try {
      return issuerOf(entry);
    } catch (error) {
      throw new Error(`entry ${index + 1}: ${error instanceof Error ? error.message : error}`);
    }
  });
  const names = new Set(issuers.map(({ issuer }) => issuer));
  if (names.size < issuers.length) throw new Error('names an issuer twice');
  return issuers;
}

/**
 * Plain http is allowed on this machine only: whoever controls the key set can forge any token. @throws Error
 */
export function keySetUrl(text: string): URL {
  const url = URL.parse(text);
  const local = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !local)) throw new Error('must be an https URL');
  return url;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('must hold JSON');
  }
}

function issuerOf(entry: unknown): TrustedIssuer {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw new Error('must be an object');
  const said = new Map<string, unknown>(Object.entries(entry));
  const missing = needed.filter((name) => !said.has(name));
  if (missing.length > 0) throw new Error(`lacks ${missing.join(', ')}`);
  const unknown = [...said.keys()].filter((name) => ![...needed, ...optional].includes(name));
  if (unknown.length > 0) throw new Error(`has the unknown ${unknown.join(', ')}`);
  const senderConstrained = said.get('senderConstrained') ?? false;
  if (typeof senderConstrained !== 'boolean') throw new Error('senderConstrained must be true or false');
  const vouchesFor = said.get('roles');
  if (!Array.isArray(vouchesFor) || vouchesFor.length === 0 || !vouchesFor.every(isRole)) {
    throw new Error(`roles must be a list of ${roles.join(', ')}`);
  }
  const jwksUrl = withName('jwksUrl', () => keySetUrl(textIn(said, 'jwksUrl')));
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
  if (typeof value !== 'string' || value === '') throw new Error(`${name} must be a text`);
  return value;
}

function withName<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${name} ${error instanceof Error ? error.message : error}`);
  }
}

function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}
