// Converts the claims of a token whose signature and times are already verified into an Actor. Pure; checks
// no permission.

import type { JWTPayload } from 'jose';
import { type Actor, findBrokenSeparation, isPlaceOf, type Role, roles, type Separation } from '../actor.ts';

/** A claim is missing or malformed. The message names the claim and the error, never its value. */
export class BadClaim extends Error {
  override readonly name = 'BadClaim';
}

/** The holder is known, but has roles that one person must not combine. */
export class IncompatibleRoles extends Error {
  override readonly name = 'IncompatibleRoles';
  readonly separation: Separation;

  constructor(separation: Separation) {
    super(separation.of.join(', '));
    this.separation = separation;
  }
}

// Subjects and names are stored and printed: PostgreSQL rejects NUL, and a line break would corrupt logs and
// papers.
const printable = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

/**
 * Reads the claims of RFC 9068 (section 2.2) and this service's own: `roles` (section 2.2.3.1), `agency`,
 * `name`.
 *
 * @throws BadClaim, IncompatibleRoles
 */
export function readActor(claims: JWTPayload): Actor {
  readText(claims, 'jti');
  if (typeof claims.iat !== 'number') throw new BadClaim('iat: not a number');
  const held = readRoles(claims);
  const agency = readOptionalText(claims, 'agency');
  if (!held.every((role) => isPlaceOf(role, agency))) throw new BadClaim('agency: not a place of this role');
  return Object.freeze({
    subject: readText(claims, 'sub'),
    issuer: readText(claims, 'iss'),
    clientId: readText(claims, 'client_id'),
    name: readOptionalText(claims, 'name'),
    roles: Object.freeze(held),
    agency,
    scopes: readScopes(claims),
  });
}

const thumbprint = /^[A-Za-z0-9_-]{43}$/;

/**
 * Thumbprint of the certificate to which a token is bound (RFC 8705, section 3.1), base64url; null when not
 * bound.
 *
 * @throws BadClaim for any other confirmation method, which would otherwise go unchecked
 */
export function readConfirmation({ cnf }: JWTPayload): string | null {
  if (cnf === undefined) return null;
  const members: Readonly<Record<string, unknown>> =
    typeof cnf === 'object' && cnf !== null ? { ...cnf } : {};
  const { 'x5t#S256': value, ...others } = members;
  const isOfCertificate =
    typeof value === 'string' && thumbprint.test(value) && Object.keys(others).length === 0;
  if (!isOfCertificate) throw new BadClaim('cnf: not a certificate alone');
  return value;
}

function claimOf(claims: JWTPayload, claim: string): unknown {
  return Object.hasOwn(claims, claim) ? claims[claim] : undefined;
}

function readText(claims: JWTPayload, claim: string): string {
  const value = claimOf(claims, claim);
  if (typeof value !== 'string' || !printable.test(value)) throw new BadClaim(`${claim}: not a short text`);
  return value;
}

function readOptionalText(claims: JWTPayload, claim: string): string | null {
  return (claimOf(claims, claim) ?? null) === null ? null : readText(claims, claim);
}

function readRoles(claims: JWTPayload): readonly Role[] {
  const value: unknown = claims['roles'];
  if (!Array.isArray(value) || value.length === 0) throw new BadClaim('roles: not a list of roles');
  const held = [...new Set(value)];
  if (!held.every(isRole)) throw new BadClaim('roles: unknown role');
  const broken = findBrokenSeparation(held);
  if (broken !== null) throw new IncompatibleRoles(broken);
  return held;
}

function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}

/** Scopes of other services (`openid`) may stand beside ours; they are kept and match nothing. */
function readScopes(claims: JWTPayload): ReadonlySet<string> {
  const value = claims['scope'] ?? '';
  if (typeof value !== 'string') throw new BadClaim('scope: not a text');
  return new Set(value.split(' ').filter((scope) => scope !== ''));
}
