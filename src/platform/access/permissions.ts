// Who may do what, and how far they see: the one declared table of operation × role × relation. An operation that is
// not here cannot be served (the program refuses to start), a role that is not named may not call it.

import type { RowScope } from '../database/row-scope.ts';
import { type Actor, callerOf, clientOf, officerOf, type Role } from './actor.ts';
import type { OAuthScope } from './oauth-scopes.ts';

/**
 * How far a role sees in an operation. `city`: everything; `agency`: cases its agency handles; `street`: households of
 * its street; `own`: what its own client created; `bound`: the agency that the token names, everything where it names none.
 */
export type Relation = 'city' | 'agency' | 'street' | 'own' | 'bound';

interface Permission {
  readonly oauthScope: OAuthScope;
  readonly roles: Partial<Readonly<Record<Role, Relation>>>;
}

const everyoneOnTheCase = {
  platform: 'own',
  'street-officer': 'street',
  handler: 'agency',
  reviewer: 'agency',
  payer: 'agency',
  auditor: 'bound',
} as const;

/** What is published, and the same for all. */
const everyoneInTheCity = {
  platform: 'city',
  'street-officer': 'city',
  handler: 'city',
  reviewer: 'city',
  payer: 'city',
  auditor: 'city',
} as const;

const everyoneOnTheMoney = {
  handler: 'agency',
  reviewer: 'agency',
  payer: 'agency',
  finance: 'agency',
  auditor: 'bound',
} as const;

/** Who sees figures, which name nobody. */
const everyoneOnFigures = { ...everyoneOnTheMoney, 'street-officer': 'street' } as const;

export const permissions = {
  // About anybody, on a ground: a platform for whoever is logged in there, an officer in their scope or for a purpose. The
  // scope is that of the rows; the person asked about becomes the current one.
  checkEligibility: {
    oauthScope: 'eligibility',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  listPolicies: {
    oauthScope: 'eligibility',
    roles: {
      platform: 'city',
      'street-officer': 'city',
      handler: 'city',
      reviewer: 'city',
      payer: 'city',
      auditor: 'city',
    },
  },
  getPolicy: {
    oauthScope: 'eligibility',
    roles: {
      platform: 'city',
      'street-officer': 'city',
      handler: 'city',
      reviewer: 'city',
      payer: 'city',
      auditor: 'city',
    },
  },

  lookUpPerson: {
    oauthScope: 'people:look-up',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  getEntitlement: {
    oauthScope: 'people:look-up',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },

  listRecords: {
    oauthScope: 'records:read',
    roles: {
      handler: 'agency',
      reviewer: 'agency',
      payer: 'agency',
      'street-officer': 'street',
      auditor: 'bound',
    },
  },
  // Streets telephone: to them it shows name and phone, and nothing else.
  revealPerson: {
    oauthScope: 'people:reveal',
    roles: { 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  getAccessReport: { oauthScope: 'audit:read', roles: { auditor: 'bound' } },
  askAccessReport: { oauthScope: 'people:look-up', roles: { platform: 'own' } },

  deliverRecords: { oauthScope: 'records:deliver', roles: { 'provincial-system': 'city' } },
  listRecordDeliveries: { oauthScope: 'records:deliver', roles: { 'provincial-system': 'own' } },
  getRecordDelivery: { oauthScope: 'records:deliver', roles: { 'provincial-system': 'own' } },
  getRecordDeliveryRefusals: { oauthScope: 'records:deliver', roles: { 'provincial-system': 'own' } },
  checkHistory: { oauthScope: 'records:import', roles: { handler: 'agency' } },
  importHistory: { oauthScope: 'records:import', roles: { handler: 'agency' } },

  createApplication: {
    oauthScope: 'applications:write',
    roles: { platform: 'own', 'street-officer': 'street' },
  },
  addMaterial: { oauthScope: 'applications:write', roles: { platform: 'own', 'street-officer': 'street' } },
  submitApplication: {
    oauthScope: 'applications:write',
    roles: { platform: 'own', 'street-officer': 'street' },
  },
  withdrawApplication: {
    oauthScope: 'applications:write',
    roles: { platform: 'own', 'street-officer': 'street' },
  },
  getApplication: { oauthScope: 'applications:read', roles: everyoneOnTheCase },
  listApplications: { oauthScope: 'applications:read', roles: everyoneOnTheCase },
  transferApplication: { oauthScope: 'applications:write', roles: { handler: 'agency' } },
  updateDraft: { oauthScope: 'applications:write', roles: { platform: 'own', 'street-officer': 'street' } },
  // Whole pictures of identity cards: for those who judge them, and for whoever supplied them.
  getMaterialContent: {
    oauthScope: 'applications:read',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  getUndertakingDocument: {
    oauthScope: 'applications:read',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  listUndertakings: { oauthScope: 'applications:read', roles: everyoneInTheCity },
  requestCorrection: { oauthScope: 'applications:write', roles: { handler: 'agency' } },
  acceptApplication: { oauthScope: 'applications:write', roles: { handler: 'agency' } },

  attestRecord: { oauthScope: 'applications:write', roles: { handler: 'agency', reviewer: 'agency' } },

  declineApplication: { oauthScope: 'decisions', roles: { handler: 'agency' } },
  compareApplication: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  decideApplication: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  decideApplications: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  undoDecision: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  listQualityReviews: { oauthScope: 'decisions:read', roles: { reviewer: 'agency', auditor: 'bound' } },
  confirmDecision: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  sendBackDecision: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  getMonthExplanation: {
    oauthScope: 'decisions:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  getMonthExplanationDocument: {
    oauthScope: 'decisions:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  replayDecision: { oauthScope: 'decisions:read', roles: { reviewer: 'agency', auditor: 'bound' } },

  createDisbursement: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  cancelDisbursement: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  getDisbursement: {
    oauthScope: 'disbursements:read',
    roles: { ...everyoneOnTheMoney, 'street-officer': 'street' },
  },
  listDisbursements: {
    oauthScope: 'disbursements:read',
    roles: { ...everyoneOnTheMoney, 'street-officer': 'street' },
  },
  getRoster: {
    oauthScope: 'disbursements:read',
    roles: { 'street-officer': 'street', payer: 'agency', finance: 'agency', auditor: 'bound' },
  },
  listDisbursementLines: {
    oauthScope: 'disbursements:read',
    roles: { 'street-officer': 'street', payer: 'agency', finance: 'agency', auditor: 'bound' },
  },
  holdLine: { oauthScope: 'disbursements:write', roles: { 'street-officer': 'street', handler: 'agency' } },
  getRosterFile: {
    oauthScope: 'disbursements:read',
    roles: { 'street-officer': 'street', payer: 'agency', finance: 'agency', auditor: 'bound' },
  },
  listRosters: {
    oauthScope: 'disbursements:read',
    roles: { 'street-officer': 'street', ...everyoneOnTheMoney },
  },
  getFundRequestDocument: {
    oauthScope: 'disbursements:read',
    roles: { payer: 'agency', finance: 'agency', auditor: 'bound' },
  },
  releaseHold: {
    oauthScope: 'disbursements:write',
    roles: { 'street-officer': 'street', handler: 'agency' },
  },
  verifyRoster: { oauthScope: 'disbursements:write', roles: { 'street-officer': 'street' } },
  requestFunds: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  recordFundsReceipt: { oauthScope: 'disbursements:write', roles: { finance: 'agency' } },
  returnUnspent: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  startPayment: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  getPaymentFile: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  applyPaymentResults: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  applyPaymentResultFile: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  reissuePayment: {
    oauthScope: 'disbursements:write',
    roles: { payer: 'agency', 'street-officer': 'street' },
  },
  confirmReissue: { oauthScope: 'disbursements:write', roles: { reviewer: 'agency', payer: 'agency' } },
  rejectReissue: { oauthScope: 'disbursements:write', roles: { payer: 'agency', reviewer: 'agency' } },
  payAfterDeath: { oauthScope: 'disbursements:write', roles: { reviewer: 'agency' } },
  recordPaymentReturn: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  getDisbursementReconciliation: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  getPersonReconciliation: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  listReconciliationMonths: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  listReconciliationEntries: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  listPersonReconciliationMonths: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  getReconciliation: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },

  listRecoveries: {
    oauthScope: 'recoveries:read',
    roles: {
      'street-officer': 'street',
      handler: 'agency',
      reviewer: 'agency',
      payer: 'agency',
      auditor: 'bound',
    },
  },
  confirmRecovery: { oauthScope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  dismissRecovery: { oauthScope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  openRecovery: { oauthScope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  reportFalseMaterial: { oauthScope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  listBars: {
    oauthScope: 'recoveries:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  confirmBar: { oauthScope: 'recoveries:write', roles: { reviewer: 'agency' } },
  dismissBar: { oauthScope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  liftBar: { oauthScope: 'recoveries:write', roles: { reviewer: 'agency' } },
  reverseRecovery: { oauthScope: 'recoveries:write', roles: { reviewer: 'agency' } },
  recordRepayment: { oauthScope: 'recoveries:write', roles: { payer: 'agency' } },
  setOffRecovery: { oauthScope: 'recoveries:write', roles: { payer: 'agency' } },
  reverseSetOff: { oauthScope: 'recoveries:write', roles: { payer: 'agency' } },

  getStatistics: { oauthScope: 'statistics', roles: everyoneOnFigures },
  getStatisticsFile: { oauthScope: 'statistics', roles: everyoneOnFigures },
  getForecast: { oauthScope: 'statistics', roles: everyoneOnFigures },

  listEvents: {
    oauthScope: 'events:read',
    roles: { platform: 'own', 'provincial-system': 'city', auditor: 'bound' },
  },
  listAuditEntries: { oauthScope: 'audit:read', roles: { auditor: 'bound' } },
  exportAuditCheckpoint: { oauthScope: 'audit:read', roles: { auditor: 'city' } },
  verifyAudit: { oauthScope: 'audit:read', roles: { auditor: 'city' } },
  listNotices: { oauthScope: 'notices', roles: everyoneOnTheCase },
  getNoticeDocument: { oauthScope: 'notices', roles: everyoneOnTheCase },
  recordNoticeDelivery: { oauthScope: 'notices', roles: { 'street-officer': 'street' } },

  listCalendarYears: { oauthScope: 'configuration', roles: { administrator: 'city', auditor: 'city' } },
  addCalendarYear: { oauthScope: 'configuration', roles: { administrator: 'city' } },
  getBackgroundWork: { oauthScope: 'configuration', roles: { administrator: 'city', auditor: 'city' } },

  listApiClients: { oauthScope: 'api-clients:manage', roles: { administrator: 'city' } },
  createApiClient: { oauthScope: 'api-clients:manage', roles: { administrator: 'city' } },
  rotateApiClientKey: { oauthScope: 'api-clients:manage', roles: { administrator: 'city' } },
} as const satisfies Record<string, Permission>;

export type OperationId = keyof typeof permissions;

export function isOperationId(name: string): name is OperationId {
  return Object.hasOwn(permissions, name);
}

/** How far an actor sees: the relation of its role with the place or client it belongs to. */
export type Scope =
  | { readonly relation: 'city' }
  | { readonly relation: 'agency' | 'street'; readonly code: string }
  | { readonly relation: 'own'; readonly client: string };

/** A role in which somebody acts, and how far it sees. */
export interface Permitted {
  readonly role: Role;
  readonly scope: Scope;
}

/** The application's guard, as it is handed to those who ask it. */
export type Guard = (actor: Actor, operation: OperationId) => Permitted | null;

/** The role in which an actor may call an operation and how far it then sees, or null when it may not. */
export function permit(actor: Actor, operation: OperationId): Permitted | null {
  return actor.scopes.has(permissions[operation].oauthScope) ? relate(actor, operation) : null;
}

/** What the table says of the actor's roles and place; whether the token has the scope is asked apart. */
function relate(actor: Actor, operation: OperationId): Permitted | null {
  const permission: Permission = permissions[operation];
  for (const role of actor.roles) {
    const relation = permission.roles[role];
    if (relation === undefined) continue;
    if (relation === 'city' || (relation === 'bound' && actor.agency === null))
      return { role, scope: { relation: 'city' } };
    if (relation === 'own') return { role, scope: { relation, client: clientOf(actor) } };
    if (actor.agency !== null)
      return { role, scope: { relation: relation === 'bound' ? 'agency' : relation, code: actor.agency } };
  }
  return null;
}

/**
 * Operations whose rows are the city's, whatever their caller may see: they are given whole identity numbers of people of
 * whom nobody has a case yet, and no id of anything that could be another's.
 */
const namesPeople: ReadonlySet<OperationId> = new Set(['checkHistory', 'importHistory']);

function scopeOfRows(actor: Actor, operation: OperationId, { role, scope }: Permitted): Scope {
  if (namesPeople.has(operation)) return { relation: 'city' };
  // Whoever configures sees nobody: what they work on is about the whole city and about no case of it.
  return role === 'administrator' ? { relation: 'own', client: clientOf(actor) } : scope;
}

/**
 * What the database is told of an actor in an operation, for its own judgement of every row; null: nothing is in scope.
 * Asked beside `permit` and not after it, so that neither is as wrong as the other.
 */
export function rowScopeOf(actor: Actor, operation: OperationId): RowScope | null {
  const related = relate(actor, operation);
  if (related === null) return null;
  const scope = scopeOfRows(actor, operation, related);
  const code = scope.relation === 'city' ? '' : scope.relation === 'own' ? scope.client : scope.code;
  return {
    actor: officerOf(actor),
    relation: scope.relation,
    code,
    caller: callerOf(actor),
    readsAudit: permissions[operation].oauthScope === 'audit:read' || operation === 'askAccessReport',
  };
}
