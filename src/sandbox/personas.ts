// The sandbox's personas, one for each role at real places of the city. Invented accounts, no real officers.
// Used by the sandbox only; production uses the operator's issuers.

import { readFileSync } from 'node:fs';
import type { Role } from '../platform/access/actor.ts';
import type { OAuthScope } from '../platform/access/oauth-scopes.ts';
import { permissions } from '../platform/access/permissions.ts';

/** A persona: the contents of its token. */
export interface Persona {
  /** `client_id` for the sandbox's issuer, and the token's subject. */
  readonly id: string;
  /** Simplified Chinese. */
  readonly name: string;
  readonly role: Role;
  readonly agency: string | null;
  readonly scopes: readonly OAuthScope[];
}

const cityPersonas: readonly Persona[] = [
  personaOf('platform-ganfutong', '赣服通', 'platform', null),
  personaOf('platform-wujia2', '5+2 就业之家“享服务”', 'platform', null),
  personaOf('platform-hall', '江西人社网上办事大厅', 'platform', null),
  personaOf('provincial-system', '江西人社一体化综合信息系统', 'provincial-system', null),
  personaOf('auditor', '市级审计员', 'auditor', null),
  personaOf('administrator', '系统管理员', 'administrator', null),
  // Adopts what the first proposes.
  personaOf('second-administrator', '系统管理员（二）', 'administrator', null),
];

const agencyPosts: readonly { prefix: string; role: Role; post: string }[] = [
  { prefix: 'handler', role: 'handler', post: '经办人员' },
  { prefix: 'reviewer', role: 'reviewer', post: '审核人员' },
  // For a case that the first reviewer handled in another role, or decided wrongly.
  { prefix: 'second-reviewer', role: 'reviewer', post: '审核人员（二）' },
  { prefix: 'payer', role: 'payer', post: '发放人员' },
  { prefix: 'finance', role: 'finance', post: '财政拨款人员' },
];

/**
 * All personas, by id: those of the city, five for each handling agency (`handler-360203`, `finance-3602G1`)
 * and an officer for each street (`street-360203001`). Places come from the reference data, so every street
 * works.
 */
export function readPersonas(): ReadonlyMap<string, Persona> {
  const { agencies, streets } = readPlaces();
  const agencyPersonas = agencies.flatMap(({ code, name }) =>
    agencyPosts.map(({ prefix, role, post }) =>
      personaOf(`${prefix}-${code}`, `${name} ${post}`, role, code),
    ),
  );
  const streetPersonas = streets.map(({ code, name }) =>
    personaOf(`street-${code}`, `${name} 窗口人员`, 'street-officer', code),
  );
  return new Map(
    [...cityPersonas, ...agencyPersonas, ...streetPersonas].map((persona) => [persona.id, persona]),
  );
}

function personaOf(id: string, name: string, role: Role, agency: string | null): Persona {
  return { id, name, role, agency, scopes: scopesOf(role) };
}

/** Every scope that some operation requires of the role. An operator's issuer should grant exactly these. */
function scopesOf(role: Role): readonly OAuthScope[] {
  const asked = Object.values(permissions).filter((permission) => Object.hasOwn(permission.roles, role));
  return [...new Set(asked.map(({ oauthScope }) => oauthScope))];
}

interface NamedPlace {
  readonly code: string;
  readonly name: string;
}

function readPlaces(): { agencies: readonly NamedPlace[]; streets: readonly NamedPlace[] } {
  const text = readFileSync(new URL('../../reference/divisions.json', import.meta.url), 'utf8');
  // The cast: a file of this repository, whose shape the seed relies on too.
  return JSON.parse(text) as ReturnType<typeof readPlaces>;
}
