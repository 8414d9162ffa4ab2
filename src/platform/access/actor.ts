// The actor of a request: roles, places and the duties that one person must not combine. Tokens are read in
// tokens/, and what a role may do is in permissions.ts.

/**
 * The closed list of roles 岗位. A token with any other role is rejected, so that a misspelt role is not
 * ignored.
 */
export const roleTitles = {
  platform: '平台',
  'provincial-system': '省级系统',
  'street-officer': '街道（乡镇）工作人员',
  handler: '经办人员',
  reviewer: '审核人员',
  payer: '发放人员',
  finance: '财政人员',
  auditor: '审计人员',
  administrator: '管理员',
} as const;

export type Role = keyof typeof roleTitles;
// Object.keys loses the words.
export const roles = Object.keys(roleTitles) as Role[];

/** The holder of a verified token. Immutable: requests with the same token share it. */
export interface Actor {
  /** `sub`: the person or client, unique within its issuer. */
  readonly subject: string;
  readonly issuer: string;
  /** `client_id`: the software that asked for the token; a platform's own identity. */
  readonly clientId: string;
  /** Shown beside signatures; never used to decide. */
  readonly name: string | null;
  readonly roles: readonly Role[];
  /**
   * Nine-digit street code, or a handling agency 经办机构 such as `360203` or `3602G1`;
   * null for clients, the administrator and the city-wide auditor.
   */
  readonly agency: string | null;
  readonly scopes: ReadonlySet<string>;
}

/** The officer as recorded in signatures: unique across issuers. */
export function officerOf(actor: Actor): string {
  return joined(actor.issuer, actor.subject);
}

/** The name that an officer's token gives, null for none; undefined for platforms and systems, which are no officers. */
export function officerNameOf({ actor, role }: { readonly actor: Actor; readonly role: string }) {
  return role === 'platform' || role === 'provincial-system' || role === 'service' ? undefined : actor.name;
}

/** An officer: by the whole account, or by the subject of one at the actor's own issuer. */
export function officerNamed(actor: Actor, account: string): string {
  return account.includes('|') ? account : joined(actor.issuer, account);
}

/** The client, unique across issuers. It owns what it creates. */
export function clientOf(actor: Actor): string {
  return joined(actor.issuer, actor.clientId);
}

/** A person at a client: two people at one client may use the same Idempotency-Key. */
export function callerOf(actor: Actor): string {
  return joined(actor.issuer, actor.clientId, actor.subject);
}

/** The subject without the issuer, which means nothing to the reader of a paper. */
export function subjectOfOfficer(officer: string): string {
  const last = /(?:\\.|[^\\|])*$/su.exec(officer)?.[0] ?? '';
  return last.replaceAll(/\\(.)/gsu, '$1');
}

/** Joins names by `|` and escapes `|` within a name, so that different lists never give the same text. */
function joined(...names: readonly string[]): string {
  return names.map((name) => name.replaceAll(/[\\|]/g, String.raw`\$&`)).join('|');
}

/** Duties that one person must not combine: a holder of a role in `of` holds no other role in `from`. */
export interface Separation {
  readonly of: readonly Role[];
  readonly from: readonly Role[];
  /** Simplified Chinese, shown to the person who was rejected. */
  readonly why: string;
}

/**
 * Separation of duties 不相容岗位分离 (undertaking "谁经办、谁签字、谁审批、谁负责"), declared only here. Together the entries
 * exclude every pair of roles. A test over all pairs fails for a new role that is not listed.
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

/** The first separation that these roles violate; null when one person may hold them all. */
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
 * Whether a holder of this role may belong to this agency. An officer without a place would see no row, and a
 * client with one would be treated as an officer: both are errors of the issuer, and the token is rejected.
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
