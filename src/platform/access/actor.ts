// Who acts: the words a token may say about its holder and which of them exclude one another.
// Nothing here reads a token or knows an operation; what a role may do stands in permissions.ts.

/** The closed list of roles 岗位. A token that names any other is refused, so a misspelt role cannot pass as none. */
export const roles = [
  'platform',
  'provincial-system',
  'street-officer',
  'handler',
  'reviewer',
  'payer',
  'finance',
  'auditor',
  'administrator',
] as const;

export type Role = (typeof roles)[number];

/** The holder of a verified token. Immutable and shared between requests that carry the same token. */
export interface Actor {
  /** `sub`: the person or client, unique within its issuer. */
  readonly subject: string;
  readonly issuer: string;
  /** `client_id`: the software that asked for the token; a platform's own identity. */
  readonly clientId: string;
  /** For people who read a signature later; never used to decide. */
  readonly name: string | null;
  readonly roles: readonly Role[];
  /**
   * Nine-digit street code, or a handling agency 经办机构 such as `360203` or `3602G1`;
   * null for clients, the administrator and the city-wide auditor.
   */
  readonly agency: string | null;
  readonly scopes: ReadonlySet<string>;
}

/** The officer as signatures name them: unique across issuers. */
export function officerOf(actor: Actor): string {
  return joined(actor.issuer, actor.subject);
}

/** The software that acts, unique across issuers: what it created is its own. */
export function clientOf(actor: Actor): string {
  return joined(actor.issuer, actor.clientId);
}

/** Somebody at some software: two people at one client may use the same Idempotency-Key. */
export function callerOf(actor: Actor): string {
  return joined(actor.issuer, actor.clientId, actor.subject);
}

/** The subject of an officer's name, without the issuer: for papers, where an issuer says nothing to the reader. */
export function subjectOfOfficer(officer: string): string {
  const last = /(?:\\.|[^\\|])*$/su.exec(officer)?.[0] ?? '';
  return last.replaceAll(/\\(.)/gsu, '$1');
}

/** Names joined by `|`; one that stands in a name is escaped, so that no two lists of names give one text. */
function joined(...names: readonly string[]): string {
  return names.map((name) => name.replaceAll(/[\\|]/g, String.raw`\$&`)).join('|');
}

/** A duty that must not be combined: whoever holds one of `of` holds no other of `from`. */
export interface Separation {
  readonly of: readonly Role[];
  readonly from: readonly Role[];
  /** Simplified Chinese, told to the person who was refused. */
  readonly why: string;
}

/**
 * Separation of duties 不相容岗位分离 (undertaking "谁经办、谁签字、谁审批、谁负责"), the only place where it is declared.
 * Together the lines leave no pair that one person may hold; a role added later is free until it is put here,
 * which a test over all pairs does not let pass.
 */
export const separations: readonly Separation[] = [
  {
    of: ['street-officer', 'handler', 'reviewer', 'payer', 'finance'],
    from: ['street-officer', 'handler', 'reviewer', 'payer', 'finance'],
    why: '街道核对、经办、审核、发放、拨款须由不同人员负责',
  },
  { of: ['platform', 'provincial-system'], from: roles, why: '平台和系统账号不得兼任任何岗位' },
  { of: ['auditor'], from: roles, why: '审计员不得办理业务或兼任其他岗位' },
  { of: ['administrator'], from: roles, why: '管理员不得办理业务或兼任其他岗位' },
];

/** The first separation that the held roles break, or null when they may be held by one person. */
export function findBrokenSeparation(held: readonly Role[]): Separation | null {
  const isBroken = ({ of, from }: Separation) =>
    held.some((one) => of.includes(one) && held.some((other) => other !== one && from.includes(other)));
  return separations.find(isBroken) ?? null;
}

const streetCode = /^\d{9}$/;
// Functional zones 功能区 run a centre of their own but have no county code: `3602G1`.
const handlingAgencyCode = /^\d{4}(\d{2}|G\d)$/;

const placeOf: Readonly<Record<Role, (agency: string | null) => boolean>> = {
  platform: isNowhere,
  'provincial-system': isNowhere,
  'street-officer': isStreet,
  handler: isHandlingAgency,
  reviewer: isHandlingAgency,
  payer: isHandlingAgency,
  finance: isHandlingAgency,
  auditor: (agency) => isNowhere(agency) || isHandlingAgency(agency),
  administrator: isNowhere,
};

/**
 * Whether a holder of this role may belong to this agency. An officer without a place would match no row,
 * a client with one would be taken for an officer: both are faults of the issuer and refused with the token.
 */
export function isPlaceOf(role: Role, agency: string | null): boolean {
  return placeOf[role](agency);
}

function isNowhere(agency: string | null): boolean {
  return agency === null;
}

function isStreet(agency: string | null): boolean {
  return agency !== null && streetCode.test(agency);
}

function isHandlingAgency(agency: string | null): boolean {
  return agency !== null && handlingAgencyCode.test(agency);
}
