// Who may call what, and which rows they see: the one table of operation × role × relation. The program
// refuses to start with an operation that is not in it; a role that is not listed may not call the operation.

import type { RowScope } from '../database/row-scope.ts';
import { type Actor, callerOf, clientOf, officerOf, type Role } from './actor.ts';
import type { OAuthScope } from './oauth-scopes.ts';

/**
 * Which rows a role sees in an operation. `city`: all; `agency`: cases its agency handles; `street`:
 * households of its street; `own`: what its own client created; `bound`: the agency in the token, or all
 * where the token has none.
 */
export type Relation = 'city' | 'agency' | 'street' | 'own' | 'bound';

interface Permission {
  readonly oauthScope: OAuthScope;
  readonly roles: Partial<Readonly<Record<Role, Relation>>>;
}

const officersOnTheCase = {
  'street-officer': 'street',
  handler: 'agency',
  reviewer: 'agency',
  payer: 'agency',
  auditor: 'bound',
} as const;

/** Those through whom people apply. */
const whoApplies = { platform: 'own', 'street-officer': 'street' } as const;

const everyoneOnTheCase = { platform: 'own', ...officersOnTheCase } as const;

const everyoneUntilDecided = {
  platform: 'own',
  'street-officer': 'street',
  handler: 'agency',
  reviewer: 'agency',
} as const;

const everyoneWhoTakesAppeals = { platform: 'own', 'street-officer': 'street', handler: 'agency' } as const;

/** Published data, the same for every caller. */
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

/** Roles that see single payments. */
const everyoneOnTheLines = {
  'street-officer': 'street',
  payer: 'agency',
  finance: 'agency',
  auditor: 'bound',
} as const;

/** Roles that see figures, which name no person. */
const everyoneOnFigures = { ...everyoneOnTheMoney, 'street-officer': 'street' } as const;

/** Systems to which events are sent. */
const everyoneWhoIsTold = { platform: 'own', 'provincial-system': 'own' } as const;

export const permissions = {
  // Needs a stated ground: platforms ask for the logged-in person, officers within their scope or for a
  // purpose. The scope is that of the rows; the person asked about becomes the current person.
  checkEligibility: { oauthScope: 'eligibility', roles: everyoneUntilDecided },
  listPolicies: { oauthScope: 'eligibility', roles: everyoneInTheCity },
  getPolicy: { oauthScope: 'eligibility', roles: everyoneInTheCity },

  lookUpPerson: { oauthScope: 'people:look-up', roles: everyoneUntilDecided },
  followApplication: { oauthScope: 'people:look-up', roles: { platform: 'own' } },
  getEntitlement: { oauthScope: 'people:look-up', roles: everyoneUntilDecided },

  findPeople: { oauthScope: 'applications:read', roles: officersOnTheCase },
  // Of people with a case or household in scope, or asked about today; each part of the answer as its list shows it.
  getPersonOverview: { oauthScope: 'applications:read', roles: officersOnTheCase },

  listRecords: { oauthScope: 'records:read', roles: officersOnTheCase },
  // Streets telephone applicants: they see name and phone only.
  revealPerson: {
    oauthScope: 'people:reveal',
    roles: { 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  getAccessReport: { oauthScope: 'audit:read', roles: { auditor: 'bound' } },
  askAccessReport: { oauthScope: 'people:look-up', roles: { platform: 'own' } },

  deliverRecords: { oauthScope: 'records:deliver', roles: { 'provincial-system': 'city' } },
  listRecordDeliveries: { oauthScope: 'records:deliver', roles: { 'provincial-system': 'own' } },
  getRecordDelivery: { oauthScope: 'records:deliver', roles: { 'provincial-system': 'own' } },
  getRecordDeliveryRefusalsFile: { oauthScope: 'records:deliver', roles: { 'provincial-system': 'own' } },
  checkRecordImport: { oauthScope: 'records:import', roles: { handler: 'agency' } },
  importRecords: { oauthScope: 'records:import', roles: { handler: 'agency' } },
  getRecordTemplateFile: { oauthScope: 'records:import', roles: { handler: 'city' } },

  createApplication: { oauthScope: 'applications:write', roles: whoApplies },
  listClaimable: { oauthScope: 'applications:read', roles: whoApplies },
  continueApplication: { oauthScope: 'applications:write', roles: whoApplies },
  addMaterial: { oauthScope: 'applications:write', roles: whoApplies },
  submitApplication: { oauthScope: 'applications:write', roles: whoApplies },
  withdrawApplication: { oauthScope: 'applications:write', roles: whoApplies },
  getApplication: { oauthScope: 'applications:read', roles: everyoneOnTheCase },
  listApplications: { oauthScope: 'applications:read', roles: everyoneOnTheCase },
  assignApplications: { oauthScope: 'applications:write', roles: { handler: 'agency', reviewer: 'agency' } },
  transferApplication: { oauthScope: 'applications:write', roles: { handler: 'agency' } },
  updateDraft: { oauthScope: 'applications:write', roles: whoApplies },
  // Whole pictures of identity cards: for the officers who check them and for the client that supplied them.
  getMaterialFile: { oauthScope: 'applications:read', roles: everyoneUntilDecided },
  getMaterial: { oauthScope: 'applications:read', roles: everyoneOnTheCase },
  getUndertakingFile: { oauthScope: 'applications:read', roles: everyoneUntilDecided },
  listUndertakings: { oauthScope: 'applications:read', roles: everyoneInTheCity },
  requestCorrection: { oauthScope: 'applications:write', roles: { handler: 'agency' } },
  acceptApplication: { oauthScope: 'applications:write', roles: { handler: 'agency' } },
  acceptApplications: { oauthScope: 'applications:write', roles: { handler: 'agency' } },
  changeAccount: { oauthScope: 'applications:write', roles: whoApplies },
  correctApplicantName: {
    oauthScope: 'applications:write',
    roles: { 'street-officer': 'street', handler: 'agency' },
  },
  listPayeeChanges: { oauthScope: 'applications:read', roles: everyoneOnTheCase },
  rejectPayeeChange: { oauthScope: 'applications:write', roles: everyoneUntilDecided },
  confirmPayeeChange: { oauthScope: 'applications:write', roles: { handler: 'agency', reviewer: 'agency' } },

  attestRecord: { oauthScope: 'applications:write', roles: { handler: 'agency', reviewer: 'agency' } },
  attestRecords: { oauthScope: 'applications:write', roles: { handler: 'agency', reviewer: 'agency' } },

  declineApplication: { oauthScope: 'decisions', roles: { handler: 'agency' } },
  getApplicationAssessment: {
    oauthScope: 'applications:read',
    roles: { 'street-officer': 'street', handler: 'agency', reviewer: 'agency' },
  },
  compareApplication: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  compareApplications: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  getComparison: {
    oauthScope: 'decisions:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  decideApplication: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  decideApplications: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  getDecision: {
    oauthScope: 'decisions:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  undoDecision: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  openAppeal: { oauthScope: 'applications:write', roles: everyoneWhoTakesAppeals },
  listAppeals: { oauthScope: 'applications:read', roles: everyoneOnTheCase },
  getAppeal: { oauthScope: 'applications:read', roles: everyoneOnTheCase },
  withdrawAppeal: { oauthScope: 'applications:write', roles: everyoneWhoTakesAppeals },
  decideAppeal: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  listQualityReviews: { oauthScope: 'decisions:read', roles: { reviewer: 'agency', auditor: 'bound' } },
  getQualityReview: { oauthScope: 'decisions:read', roles: { reviewer: 'agency', auditor: 'bound' } },
  confirmDecision: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  sendBackDecision: { oauthScope: 'decisions', roles: { reviewer: 'agency' } },
  getWorkSummary: {
    oauthScope: 'applications:read',
    roles: { 'street-officer': 'street', handler: 'agency', reviewer: 'agency', payer: 'agency' },
  },
  getMonthExplanation: {
    oauthScope: 'decisions:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  getMonthExplanationFile: {
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
  getRoster: { oauthScope: 'disbursements:read', roles: everyoneOnTheLines },
  listDisbursementLines: { oauthScope: 'disbursements:read', roles: everyoneOnTheLines },
  getDisbursementLine: { oauthScope: 'disbursements:read', roles: everyoneOnTheLines },
  holdLine: { oauthScope: 'disbursements:write', roles: { 'street-officer': 'street', handler: 'agency' } },
  getRosterFile: { oauthScope: 'disbursements:read', roles: everyoneOnTheLines },
  listRosters: {
    oauthScope: 'disbursements:read',
    roles: { 'street-officer': 'street', ...everyoneOnTheMoney },
  },
  getFundRequestFile: {
    oauthScope: 'disbursements:read',
    roles: { payer: 'agency', finance: 'agency', auditor: 'bound' },
  },
  releaseHold: {
    oauthScope: 'disbursements:write',
    roles: { 'street-officer': 'street', handler: 'agency' },
  },
  verifyRoster: { oauthScope: 'disbursements:write', roles: { 'street-officer': 'street' } },
  verifyRosters: { oauthScope: 'disbursements:write', roles: { 'street-officer': 'street' } },
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
  proposeHeir: { oauthScope: 'applications:write', roles: { 'street-officer': 'street', handler: 'agency' } },
  closeAfterDeath: {
    oauthScope: 'applications:write',
    roles: { 'street-officer': 'street', handler: 'agency' },
  },
  recordPaymentReturn: { oauthScope: 'disbursements:write', roles: { payer: 'agency' } },
  getDisbursementReconciliation: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  getPersonReconciliation: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  listReconciliationMonths: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  listReconciliationEntries: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  listPersonReconciliationMonths: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },
  getReconciliation: { oauthScope: 'disbursements:read', roles: everyoneOnTheMoney },

  listRecoveries: { oauthScope: 'recoveries:read', roles: officersOnTheCase },
  getRecovery: { oauthScope: 'recoveries:read', roles: officersOnTheCase },
  confirmRecovery: { oauthScope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  dismissRecovery: { oauthScope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  openRecovery: { oauthScope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  reportFalseMaterial: { oauthScope: 'recoveries:write', roles: { handler: 'agency', reviewer: 'agency' } },
  listBars: {
    oauthScope: 'recoveries:read',
    roles: { handler: 'agency', reviewer: 'agency', payer: 'agency', auditor: 'bound' },
  },
  getBar: {
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
  listDecisions: { oauthScope: 'decisions:export', roles: { 'provincial-system': 'city' } },
  listPaymentOutcomes: { oauthScope: 'decisions:export', roles: { 'provincial-system': 'city' } },
  // Its owner alone: a webhook hears what listEvents shows to the role that made it.
  createWebhook: { oauthScope: 'webhooks:manage', roles: everyoneWhoIsTold },
  listWebhooks: { oauthScope: 'webhooks:manage', roles: everyoneWhoIsTold },
  getWebhook: { oauthScope: 'webhooks:manage', roles: everyoneWhoIsTold },
  rotateWebhookSecret: { oauthScope: 'webhooks:manage', roles: everyoneWhoIsTold },
  listWebhookDeliveries: { oauthScope: 'webhooks:manage', roles: everyoneWhoIsTold },
  redeliver: { oauthScope: 'webhooks:manage', roles: everyoneWhoIsTold },
  deleteWebhook: { oauthScope: 'webhooks:manage', roles: everyoneWhoIsTold },
  listAuditEntries: { oauthScope: 'audit:read', roles: { auditor: 'bound' } },
  exportAuditCheckpoint: { oauthScope: 'audit:read', roles: { auditor: 'city' } },
  verifyAudit: { oauthScope: 'audit:read', roles: { auditor: 'city' } },
  listNotices: { oauthScope: 'notices', roles: everyoneOnTheCase },
  getNotice: { oauthScope: 'notices', roles: everyoneOnTheCase },
  getNoticeFile: { oauthScope: 'notices', roles: everyoneOnTheCase },
  // A street first, whose example it is.
  recordNoticeDelivery: {
    oauthScope: 'notices',
    roles: { 'street-officer': 'street', platform: 'own' },
  },
  recordNoticeDeliveries: { oauthScope: 'notices', roles: { 'street-officer': 'street' } },

  listCalendarYears: { oauthScope: 'configuration', roles: { administrator: 'city', auditor: 'city' } },
  getCalendarYear: { oauthScope: 'configuration', roles: { administrator: 'city', auditor: 'city' } },
  addCalendarYear: { oauthScope: 'configuration', roles: { administrator: 'city' } },
  // Proposed by one administrator, adopted by another.
  proposePolicy: { oauthScope: 'configuration', roles: { administrator: 'city' } },
  listPolicyProposals: { oauthScope: 'configuration', roles: { administrator: 'city', auditor: 'city' } },
  getPolicyProposal: { oauthScope: 'configuration', roles: { administrator: 'city', auditor: 'city' } },
  rehearsePolicy: { oauthScope: 'configuration', roles: { administrator: 'city' } },
  adoptPolicy: { oauthScope: 'configuration', roles: { administrator: 'city' } },
  rejectPolicy: { oauthScope: 'configuration', roles: { administrator: 'city' } },
  getBackgroundWork: { oauthScope: 'configuration', roles: { administrator: 'city', auditor: 'city' } },

  listApiClients: { oauthScope: 'api-clients:manage', roles: { administrator: 'city' } },
  getApiClient: { oauthScope: 'api-clients:manage', roles: { administrator: 'city' } },
  createApiClient: { oauthScope: 'api-clients:manage', roles: { administrator: 'city' } },
  rotateApiClientKey: { oauthScope: 'api-clients:manage', roles: { administrator: 'city' } },
} as const satisfies Record<string, Permission>;

export type OperationId = keyof typeof permissions;

/** Roles whose clients may sign their requests instead of fetching tokens; no person has one of them. */
export const signingRoles = ['platform', 'provincial-system'] as const satisfies readonly Role[];
export type SigningRole = (typeof signingRoles)[number];

/** The signing roles that may call an operation. */
export function signingRolesOf(operation: OperationId): readonly SigningRole[] {
  const { roles }: Permission = permissions[operation];
  return signingRoles.filter((role) => roles[role] !== undefined);
}

/** Whether a role may call an operation at all. */
export function mayCall(role: Role | 'service', operation: OperationId): boolean {
  return Object.hasOwn(permissions[operation].roles, role);
}

export function isOperationId(name: string): name is OperationId {
  return Object.hasOwn(permissions, name);
}

/** Which rows an actor sees: the relation of its role with its place or client. */
export type Scope =
  | { readonly relation: 'city' }
  | { readonly relation: 'agency' | 'street'; readonly code: string }
  | { readonly relation: 'own'; readonly client: string };

/** The role in which an actor calls an operation, with its scope. */
export interface Permitted {
  readonly role: Role;
  readonly scope: Scope;
}

/** The application's permission check, as passed to its callers. */
export type Guard = (actor: Actor, operation: OperationId) => Permitted | null;

/** The role in which an actor may call an operation, with its scope; null when it may not. */
export function permit(actor: Actor, operation: OperationId): Permitted | null {
  return actor.scopes.has(permissions[operation].oauthScope) ? relate(actor, operation) : null;
}

/** Checks roles and place only; the caller checks the token's OAuth scope. */
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
 * Operations that see the whole city's rows whatever the caller's scope: they receive whole identity numbers
 * of people who may have no case yet, and take no id that could belong to somebody else's case.
 */
const namesPeople: ReadonlySet<OperationId> = new Set(['checkRecordImport', 'importRecords']);

function scopeOfRows(actor: Actor, operation: OperationId, { role, scope }: Permitted): Scope {
  if (namesPeople.has(operation)) return { relation: 'city' };
  // Administrators see no person: their operations concern the whole city and no case.
  return role === 'administrator' ? { relation: 'own', client: clientOf(actor) } : scope;
}

/**
 * The row scope for the database, whose policies check every row themselves; null: no row. Computed apart
 * from `permit`, so that one error does not defeat both checks.
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
