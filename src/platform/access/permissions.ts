// Who may do what, and how far they see: the one declared table of operation × role × relation. An operation that is
// not here cannot be served (the program refuses to start), a role that is not named may not call it.

import type { RowSight } from '../database/row-sight.ts';
import { type Actor, callerOf, clientOf, officerOf, type Role } from './actor.ts';
import type { Scope } from './scopes.ts';

/**
 * How far a role sees in an operation. `city`: everything; `agency`: cases its agency handles; `street`: households of
 * its street; `own`: what its own client created; `bound`: the agency that the token names, everything where it names none.
 */
export type Relation = 'city' | 'agency' | 'street' | 'own' | 'bound';

interface Permission {
  readonly scope: Scope;
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
  // sight is that of the rows; the person asked about is taken in hand.
  checkEligibility: {
    scope: 'eligibility',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  listPolicies: {
    scope: 'eligibility',
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
    scope: 'eligibility',
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
    scope: 'people:look-up',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  getEntitlement: {
    scope: 'people:look-up',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },

  listRecords: {
    scope: 'records:read',
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
    scope: 'people:reveal',
    roles: { 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  getAccessReport: { scope: 'audit:read', roles: { auditor: 'bound' } },
  askAccessReport: { scope: 'people:look-up', roles: { platform: 'own' } },

  deliverRecords: { scope: 'records:deliver', roles: { 'provincial-system': 'city' } },
  listRecordDeliveries: { scope: 'records:deliver', roles: { 'provincial-system': 'own' } },
  getRecordDelivery: { scope: 'records:deliver', roles: { 'provincial-system': 'own' } },
  getRecordDeliveryRefusals: { scope: 'records:deliver', roles: { 'provincial-system': 'own' } },
  checkHistory: { scope: 'records:import', roles: { handler: 'agency' } },
  importHistory: { scope: 'records:import', roles: { handler: 'agency' } },

  createApplication: { scope: 'applications:write', roles: { platform: 'own', 'street-officer': 'street' } },
  addMaterial: { scope: 'applications:write', roles: { platform: 'own', 'street-officer': 'street' } },
  submitApplication: { scope: 'applications:write', roles: { platform: 'own', 'street-officer': 'street' } },
  withdrawApplication: {
    scope: 'applications:write',
    roles: { platform: 'own', 'street-officer': 'street' },
  },
  getApplication: { scope: 'applications:read', roles: everyoneOnTheCase },
  listApplications: { scope: 'applications:read', roles: everyoneOnTheCase },
  transferApplication: { scope: 'applications:write', roles: { handler: 'agency' } },
  updateDraft: { scope: 'applications:write', roles: { platform: 'own', 'street-officer': 'street' } },
  // Whole pictures of identity cards: for those who judge them, and for whoever supplied them.
  getMaterialContent: {
    scope: 'applications:read',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  getUndertakingDocument: {
    scope: 'applications:read',
    roles: { platform: 'own', 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  listUndertakings: { scope: 'applications:read', roles: everyoneInTheCity },
  requestCorrection: { scope: 'applications:write', roles: { handler: 'agency' } },
  acceptApplication: { scope: 'applications:write', roles: { handler: 'agency' } },

  attestRecord: { scope: 'applications:write', roles: { handler: 'agency', reviewer: 'agency' } },

  declineApplication: { scope: 'decisions', roles: { handler: 'agency' } },
  compareApplication: { scope: 'decisions', roles: { reviewer: 'agency' } },
  decideApplication: { scope: 'decisions', roles: { reviewer: 'agency' } },
  decideApplications: { scope: 'decisions', roles: { reviewer: 'agency' } },
  undoDecision: { scope: 'decisions', roles: { reviewer: 'agency' } },
  listSecondLooks: { scope: 'decisions:read', roles: { reviewer: 'agency', auditor: 'bound' } },
  confirmDecision: { scope: 'decisions', roles: { reviewer: 'agency' } },
  sendBackDecision: { scope: 'decisions', roles: { reviewer: 'agency' } },
  getReasonSheet: {
    scope: 'decisions:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  getReasonSheetDocument: {
    scope: 'decisions:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  replayDecision: { scope: 'decisions:read', roles: { reviewer: 'agency', auditor: 'bound' } },

  createDisbursement: { scope: 'disbursements:write', roles: { payer: 'agency' } },
  cancelDisbursement: { scope: 'disbursements:write', roles: { payer: 'agency' } },
  getDisbursement: {
    scope: 'disbursements:read',
    roles: { ...everyoneOnTheMoney, 'street-officer': 'street' },
  },
  listDisbursements: {
    scope: 'disbursements:read',
    roles: { ...everyoneOnTheMoney, 'street-officer': 'street' },
  },
  getRoster: {
    scope: 'disbursements:read',
    roles: { 'street-officer': 'street', payer: 'agency', finance: 'agency', auditor: 'bound' },
  },
  listDisbursementLines: {
    scope: 'disbursements:read',
    roles: { 'street-officer': 'street', payer: 'agency', finance: 'agency', auditor: 'bound' },
  },
  holdLine: { scope: 'disbursements:write', roles: { 'street-officer': 'street', handler: 'agency' } },
  getRosterFile: {
    scope: 'disbursements:read',
    roles: { 'street-officer': 'street', payer: 'agency', finance: 'agency', auditor: 'bound' },
  },
  listRosters: {
    scope: 'disbursements:read',
    roles: { 'street-officer': 'street', ...everyoneOnTheMoney },
  },
  getFundRequestDocument: {
    scope: 'disbursements:read',
    roles: { payer: 'agency', finance: 'agency', auditor: 'bound' },
  },
  releaseHold: { scope: 'disbursements:write', roles: { 'street-officer': 'street', handler: 'agency' } },
  verifyRoster: { scope: 'disbursements:write', roles: { 'street-officer': 'street' } },
  requestFunds: { scope: 'disbursements:write', roles: { payer: 'agency' } },
  recordFundsReceipt: { scope: 'disbursements:write', roles: { finance: 'agency' } },
  returnUnspent: { scope: 'disbursements:write', roles: { payer: 'agency' } },
  startPayment: { scope: 'disbursements:write', roles: { payer: 'agency' } },
  getPaymentFile: { scope: 'disbursements:write', roles: { payer: 'agency' } },
  applyPaymentResults: { scope: 'disbursements:write', roles: { payer: 'agency' } },
  applyPaymentResultFile: { scope: 'disbursements:write', roles: { payer: 'agency' } },
  reissuePayment: { scope: 'disbursements:write', roles: { payer: 'agency', 'street-officer': 'street' } },
  confirmReissue: { scope: 'disbursements:write', roles: { reviewer: 'agency', payer: 'agency' } },
  rejectReissue: { scope: 'disbursements:write', roles: { payer: 'agency', reviewer: 'agency' } },
  payAfterDeath: { scope: 'disbursements:write', roles: { reviewer: 'agency' } },
  recordPaymentReturn: { scope: 'disbursements:write', roles: { payer: 'agency' } },
  getDisbursementMoneyChain: { scope: 'disbursements:read', roles: everyoneOnTheMoney },
  getPersonMoneyChain: { scope: 'disbursements:read', roles: everyoneOnTheMoney },
  listMoneyChainMonths: { scope: 'disbursements:read', roles: everyoneOnTheMoney },
  listMoneyChainEntries: { scope: 'disbursements:read', roles: everyoneOnTheMoney },
  listPersonMoneyChainMonths: { scope: 'disbursements:read', roles: everyoneOnTheMoney },
  getMoneyChain: { scope: 'disbursements:read', roles: everyoneOnTheMoney },

  listRecoveries: {
    scope: 'recoveries:read',
    roles: {
      'street-officer': 'street',
      handler: 'agency',
      reviewer: 'agency',
      payer: 'agency',
      auditor: 'bound',
    },
  },
  confirmRecovery: { scope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  dismissRecovery: { scope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  openRecovery: { scope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  reportFalseMaterial: { scope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  listBars: {
    scope: 'recoveries:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  confirmBar: { scope: 'recoveries:write', roles: { reviewer: 'agency' } },
  dismissBar: { scope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  liftBar: { scope: 'recoveries:write', roles: { reviewer: 'agency' } },
  reverseRecovery: { scope: 'recoveries:write', roles: { reviewer: 'agency' } },
  recordRepayment: { scope: 'recoveries:write', roles: { payer: 'agency' } },
  setOffRecovery: { scope: 'recoveries:write', roles: { payer: 'agency' } },
  reverseSetOff: { scope: 'recoveries:write', roles: { payer: 'agency' } },

  getStatistics: { scope: 'statistics', roles: everyoneOnFigures },
  getStatisticsFile: { scope: 'statistics', roles: everyoneOnFigures },
  getForecast: { scope: 'statistics', roles: everyoneOnFigures },

  listEvents: {
    scope: 'events:read',
    roles: { platform: 'own', 'provincial-system': 'city', auditor: 'bound' },
  },
  listAuditEntries: { scope: 'audit:read', roles: { auditor: 'bound' } },
  exportAuditCheckpoint: { scope: 'audit:read', roles: { auditor: 'city' } },
  verifyAudit: { scope: 'audit:read', roles: { auditor: 'city' } },
  listNotices: { scope: 'notices', roles: everyoneOnTheCase },
  getNoticeDocument: { scope: 'notices', roles: everyoneOnTheCase },
  recordNoticeDelivery: { scope: 'notices', roles: { 'street-officer': 'street' } },

  listCalendarYears: { scope: 'configuration', roles: { administrator: 'city', auditor: 'city' } },
  addCalendarYear: { scope: 'configuration', roles: { administrator: 'city' } },
  getBackgroundWork: { scope: 'configuration', roles: { administrator: 'city', auditor: 'city' } },

  listApps: { scope: 'apps:manage', roles: { administrator: 'city' } },
  createApp: { scope: 'apps:manage', roles: { administrator: 'city' } },
  rotateAppKey: { scope: 'apps:manage', roles: { administrator: 'city' } },
} as const satisfies Record<string, Permission>;

export type OperationId = keyof typeof permissions;

export function isOperationId(name: string): name is OperationId {
  return Object.hasOwn(permissions, name);
}

/** How far an actor sees: the relation of its role with the place or client it belongs to. */
export type Sight =
  | { readonly relation: 'city' }
  | { readonly relation: 'agency' | 'street'; readonly code: string }
  | { readonly relation: 'own'; readonly client: string };

/** A role in which somebody acts, and how far it sees. */
export interface Permitted {
  readonly role: Role;
  readonly sight: Sight;
}

/** The application's guard, as it is handed to those who ask it. */
export type Guard = (actor: Actor, operation: OperationId) => Permitted | null;

/** The role in which an actor may call an operation and how far it then sees, or null when it may not. */
export function permit(actor: Actor, operation: OperationId): Permitted | null {
  return actor.scopes.has(permissions[operation].scope) ? relate(actor, operation) : null;
}

/** What the table says of the actor's roles and place; whether the token has the scope is asked apart. */
function relate(actor: Actor, operation: OperationId): Permitted | null {
  const permission: Permission = permissions[operation];
  for (const role of actor.roles) {
    const relation = permission.roles[role];
    if (relation === undefined) continue;
    if (relation === 'city' || (relation === 'bound' && actor.agency === null))
      return { role, sight: { relation: 'city' } };
    if (relation === 'own') return { role, sight: { relation, client: clientOf(actor) } };
    if (actor.agency !== null)
      return { role, sight: { relation: relation === 'bound' ? 'agency' : relation, code: actor.agency } };
  }
  return null;
}

/**
 * Operations whose rows are the city's, whatever their caller may see: they are given whole identity numbers of people of
 * whom nobody has a case yet, and no id of anything that could be another's.
 */
const namesPeople: ReadonlySet<OperationId> = new Set(['checkHistory', 'importHistory']);

function sightOfRows(actor: Actor, operation: OperationId, { role, sight }: Permitted): Sight {
  if (namesPeople.has(operation)) return { relation: 'city' };
  // Whoever configures sees nobody: what they work on is about the whole city and about no case of it.
  return role === 'administrator' ? { relation: 'own', client: clientOf(actor) } : sight;
}

/**
 * What the database is told of an actor in an operation, for its own judgement of every row; null: nothing is in sight.
 * Asked beside `permit` and not after it, so that neither is as wrong as the other.
 */
export function rowSightOf(actor: Actor, operation: OperationId): RowSight | null {
  const related = relate(actor, operation);
  if (related === null) return null;
  const sight = sightOfRows(actor, operation, related);
  const code = sight.relation === 'city' ? '' : sight.relation === 'own' ? sight.client : sight.code;
  return {
    actor: officerOf(actor),
    relation: sight.relation,
    code,
    caller: callerOf(actor),
    readsAudit: permissions[operation].scope === 'audit:read' || operation === 'askAccessReport',
  };
}
