// Written by `npm run tables` from the migrated database. Do not edit.

import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Written as text, read as a value. */
export type JsonColumn = ColumnType<Json, string, string>;

export interface Agency {
  agencyCode: string;
  name: string;
  kind: 'county' | 'zone';
  validFrom: string;
  validTo: string | null;
  financeName: string | null;
}

export interface ApiClient {
  apiClientId: string;
  name: string;
  role: 'platform' | 'provincial-system';
  scopes: string[];
  createdAt: string;
  createdBy: string;
}

export interface ApiClientKey {
  apiClientId: string;
  keyNumber: number;
  secretEncrypted: Buffer;
  createdAt: string;
  createdBy: string;
  expiresAt: string | null;
}

export interface ApiClientNonce {
  apiClientId: string;
  nonce: string;
  validUntil: string;
}

export interface Appeal {
  personId: string;
  appealId: string;
  applicationId: string;
  kind: 'reconsideration' | 'simple-reconsideration' | 'petition' | 'objection';
  decisionId: string | null;
  recoveryId: string | null;
  contestedBy: string;
  agencyCode: string;
  streetCode: string;
  state: 'open' | 'decided' | 'withdrawn';
  version: number;
  grounds: string;
  receivedOn: string;
  dueOn: string;
  receivedAt: string;
  receivedBy: string;
  outcome: 'kept' | 'changed' | 'remade' | null;
  newApplicationId: string | null;
  undoneDecisionId: Generated<string | null>;
  replacedDecisionId: Generated<string | null>;
  reversed: Generated<boolean | null>;
  paperId: string | null;
  paperKind: Generated<string>;
  reason: string | null;
  closedAt: string | null;
  closedBy: string | null;
}

export interface Application {
  personId: string;
  applicationId: string;
  caseNumber: string;
  state: 'draft' | 'submitted' | 'correction-requested' | 'not-accepted' | 'accepted' | 'approved' | 'refused' | 'withdrawn';
  version: number;
  quarter: string;
  months: string[];
  channel: 'provincial-online-hall' | 'ganfutong' | 'wujia2-platform' | 'wujia2-home' | 'street-social-affairs' | 'street-service-centre';
  clientId: string;
  streetCode: string;
  agencyCode: string;
  nameEncrypted: Buffer;
  phoneEncrypted: Buffer;
  phoneIndex: Buffer | null;
  contactNameEncrypted: Buffer | null;
  contactRelation: 'spouse' | 'parent' | 'child' | 'sibling' | 'relative' | 'community-worker' | 'other' | null;
  agentNameEncrypted: Buffer | null;
  agentIdentityEncrypted: Buffer | null;
  agentRelation: 'spouse' | 'parent' | 'child' | 'sibling' | 'relative' | 'community-worker' | 'other' | null;
  bank: string;
  accountEncrypted: Buffer;
  accountMasked: string;
  accountIndex: Buffer | null;
  workKind: string;
  workSince: string;
  workPlace: string;
  undertakingVersion: string | null;
  undertakingDigest: Buffer | null;
  undertakingSignedAt: string | null;
  undertakingSignedHow: string | null;
  undertakingTakenBy: string | null;
  createdAt: string;
  submittedAt: string | null;
  acceptedAt: string | null;
  acceptanceReason: string | null;
  closedAt: string | null;
  assignedTo: string | null;
  timeLimit: 'acceptance' | 'review' | null;
  timeLimitDaysLeft: number | null;
  timeLimitFrom: string | null;
  timeLimitDueOn: string | null;
  recordsChangedAt: string | null;
  recordsToldDigest: Buffer | null;
  householdStanding: 'confirmed' | 'elsewhere' | 'unconfirmed' | null;
}

export interface AskedDay {
  asker: string;
  day: string;
  people: number;
}

export interface AskedPerson {
  asker: string;
  day: string;
  identityHash: Buffer;
}

export interface Attestation {
  personId: string;
  attestationId: string;
  applicationId: string;
  recordId: string | null;
  coverageId: string | null;
  officer: string;
  agencyCode: string;
  role: 'handler' | 'reviewer';
  materialId: string | null;
  lookUpSystem: string | null;
  lookUpAt: string | null;
  lookUpReference: string | null;
  attestedAt: string;
}

export interface AuditCut {
  sequence: number;
  hash: Buffer;
  entries: number;
  statement: JsonColumn;
  cutAt: string;
}

export interface AuditEntry {
  entryId: GeneratedAlways<number>;
  at: string;
  operation: string;
  actor: string;
  clientId: string;
  role: string;
  agencyCode: string | null;
  targetKind: string;
  targetId: string;
  personId: string | null;
  change: JsonColumn;
  requestId: string;
  sourceAddress: string;
}

export interface AuditSeal {
  sequence: number;
  entryId: number;
  algorithm: 'sha256' | 'sm3';
  form: 'json' | 'columns';
  hash: Buffer;
}

export interface AuditUnsealed {
  entryId: number;
  since: Generated<string>;
}

export interface Bar {
  personId: string;
  barId: string;
  applicationId: string;
  agencyCode: string;
  streetCode: string;
  state: 'proposed' | 'in-force' | 'lifted' | 'dismissed';
  version: number;
  proposedAt: string;
  proposedBy: string;
  heardOn: string | null;
  heardHow: string | null;
  confirmedAt: string | null;
  confirmedBy: string | null;
  closedAt: string | null;
  closingReason: string | null;
  liftedBy: string | null;
  lifter: Generated<string>;
}

export interface BarPart {
  personId: string;
  barId: string;
  officer: string;
  part: 'case-officer' | 'reporter' | 'confirmer' | 'lifter';
}

export interface CasePart {
  personId: string;
  applicationId: string;
  officer: string;
  part: 'handler' | 'reviewer' | 'second-reviewer' | 'payer';
  agencyCode: string;
  actedAt: string;
}

export interface CaseTransfer {
  personId: string;
  transferId: string;
  applicationId: string;
  fromAgency: string;
  fromStreet: string;
  toAgency: string;
  toStreet: string;
  reason: string;
  transferredAt: string;
  transferredBy: string;
}

export interface Comparison {
  personId: string;
  comparisonId: string;
  applicationId: string;
  comparedAt: string;
  comparedBy: string;
  policyVersion: string;
  snapshot: string;
  snapshotDigest: Buffer;
  assessment: string;
  assessmentDigest: Buffer;
}

export interface Correction {
  personId: string;
  correctionId: string;
  applicationId: string;
  noticeId: string;
  round: number;
  seen: string[];
  requestedAt: string;
  requestedBy: string;
  closedAt: string | null;
}

export interface CorrectionItem {
  personId: string;
  correctionId: string;
  item: number;
  subject: 'identity-card' | 'household-booklet' | 'flexible-employment-proof' | 'contribution-proof' | 'power-of-attorney' | 'signed-undertaking' | 'applicant' | 'household' | 'months' | 'account' | 'work' | 'undertaking';
  problem: string;
  remedy: string;
  basis: string | null;
  answeredAt: string | null;
}

export interface Coverage {
  coverageId: string;
  kind: 'household' | 'unemployment-registration' | 'hardship-recognition' | 'flexible-employment' | 'contribution' | 'contribution-refund' | 'unemployment-benefit' | 'skills-training' | 'public-post' | 'imprisonment' | 'public-payroll' | 'employer-insurance' | 'pension' | 'retirement-category' | 'dishonesty' | 'death' | 'prior-benefit';
  source: string;
  agencyCode: string | null;
  personId: string | null;
  throughMonth: string | null;
  asOf: string;
  deliveryId: string | null;
  learntAt: string;
}

export interface DataKey {
  keyId: number;
  purpose: string;
  wrapped: Buffer;
  createdAt: Generated<string>;
}

export interface Decision {
  personId: string;
  decisionId: string;
  applicationId: string;
  comparisonId: string;
  replacesDecisionId: string | null;
  outcome: 'approved' | 'refused' | 'not-accepted';
  approvedMonths: string[];
  amountFen: number;
  officer: string;
  agencyCode: string;
  role: 'handler' | 'reviewer';
  decidedAt: string;
}

export interface DecisionConfirmation {
  personId: string;
  decisionId: string;
  flag: string;
  detail: string;
  reason: string | null;
}

export interface DecisionUndo {
  personId: string;
  decisionId: string;
  applicationId: string;
  decidedBy: string;
  undoneBy: string;
  agencyCode: string;
  undoneAt: string;
  reason: string;
  fromQualityReview: boolean;
  endedTerm: JsonColumn | null;
}

export interface Disbursement {
  disbursementId: string;
  agencyCode: string;
  disbursementNumber: string;
  state: 'verifying' | 'verified' | 'funds-requested' | 'funded' | 'in-payment' | 'settled' | 'cancelled';
  version: number;
  createdAt: string;
  createdBy: string;
}

export interface Event {
  personId: string;
  eventId: string;
  applicationId: string;
  caseNumber: string;
  clientId: string;
  agencyCode: string;
  streetCode: string;
  type: 'application-submitted' | 'application-correction-requested' | 'application-not-accepted' | 'application-accepted' | 'application-transferred' | 'application-approved' | 'application-refused' | 'application-withdrawn' | 'decision-confirmed' | 'decision-undone' | 'payment-paid' | 'payment-failed' | 'payment-returned' | 'recovery-opened' | 'recovery-confirmed' | 'recovery-dismissed' | 'recovery-repaid' | 'recovery-repaid-in-part' | 'recovery-reversed' | 'applicant-barred' | 'bar-lifted' | 'recovery-set-off' | 'recovery-set-off-reversed' | 'quarter-claimable' | 'term-ending' | 'appeal-opened' | 'appeal-decided' | 'appeal-withdrawn';
  happenedAt: string;
  content: JsonColumn;
  written: GeneratedAlways<number>;
  position: number | null;
}

export interface FalseMaterial {
  personId: string;
  reportId: string;
  materialId: string;
}

export interface FalseMaterialReport {
  personId: string;
  reportId: string;
  barId: string;
  applicationId: string;
  grounds: string;
  reportedAt: string;
  reportedBy: string;
}

export interface Figure {
  subject: 'cases' | 'forecast' | 'chain';
  quarter: string;
  agencyCode: string;
  streetCode: string;
  channel: string;
  category: string;
  outcome: string;
  figures: JsonColumn;
}

export interface FigureCount {
  subject: string;
  countedAt: string;
  asOf: string;
  tookMs: number;
  isQuick: boolean;
}

export interface FundReceipt {
  receiptId: string;
  disbursementId: string;
  amountFen: number;
  isLast: Generated<boolean>;
  reference: string;
  receivedOn: string;
  recordedAt: string;
  recordedBy: string;
}

export interface FundRequest {
  disbursementId: string;
  lineCount: number;
  amountFen: number;
  requestedAt: string;
  requestedBy: string;
}

export interface FundRequestPart {
  disbursementId: string;
  streetCode: string;
  quarter: string;
  personCount: number;
  monthCount: number;
  amountFen: number;
}

export interface FundReturn {
  returnId: string;
  disbursementId: string;
  amountFen: number;
  reference: string;
  returnedOn: string;
  recordedAt: string;
  recordedBy: string;
}

export interface IdempotencyKey {
  clientId: string;
  key: string;
  operation: string;
  requestDigest: Buffer;
  requestId: string | null;
  status: number;
  headers: JsonColumn;
  bodyEncrypted: Buffer;
  answeredAt: string;
}

export interface IdentityIndex {
  identityHash: Buffer;
  personId: string;
}

export interface LedgerEntry {
  entryId: GeneratedAlways<number>;
  enteredAt: string;
  operation: string;
  agencyCode: string;
  quarter: string;
  disbursementId: string | null;
  personId: string | null;
  applicationId: string | null;
  lineId: string | null;
  recoveryId: string | null;
  fromAccount: 'entitled' | 'waiting' | 'in-payment' | 'paid' | 'recovered-before-payment' | 'finance' | 'unspent' | 'cash-in-payment' | 'cash-paid' | 'returned-to-finance' | 'debtor' | 'recoverable' | 'repaid' | 'set-off' | 'settled-by-set-off';
  toAccount: 'entitled' | 'waiting' | 'in-payment' | 'paid' | 'recovered-before-payment' | 'finance' | 'unspent' | 'cash-in-payment' | 'cash-paid' | 'returned-to-finance' | 'debtor' | 'recoverable' | 'repaid' | 'set-off' | 'settled-by-set-off';
  amountFen: number;
  lineCount: number | null;
}

export interface Look {
  lookId: GeneratedAlways<number>;
  personId: string;
  at: string;
  operation: string;
  actor: string;
  clientId: string;
  role: string;
  agencyCode: string | null;
  facts: string[];
  purpose: string;
  requestId: string;
  sourceAddress: string;
}

export interface Material {
  personId: string;
  materialId: string;
  applicationId: string;
  kind: 'identity-card' | 'household-booklet' | 'flexible-employment-proof' | 'contribution-proof' | 'power-of-attorney' | 'signed-undertaking' | 'set-off-consent' | 'death-certificate' | 'kinship-proof' | 'notarised-document' | 'appeal-paper';
  mediaType: 'image/jpeg' | 'image/png' | 'application/pdf';
  byteLength: number;
  digest: Buffer;
  contentEncrypted: Buffer;
  supersedes: string | null;
  addedAt: string;
  addedBy: string;
}

export interface Notice {
  personId: string;
  noticeId: string;
  noticeNumber: string;
  kind: 'correction' | 'acceptance' | 'non-acceptance' | 'transfer' | 'decision' | 'decision-undone' | 'recovery' | 'recovery-reversed' | 'bar' | 'bar-lifted' | 'payee-change' | 'appeal' | 'payment-failed';
  applicationId: string;
  agencyCode: string;
  streetCode: string;
  clientId: string;
  verificationCode: string;
  content: string;
  nameEncrypted: Buffer;
  contentDigest: Buffer;
  issuedAt: string;
  issuedBy: string;
  tellBy: string;
  toldAt: string | null;
  toldWith: string | null;
  attempts: Generated<number>;
  version: Generated<number>;
}

export interface NoticeDelivery {
  personId: string;
  noticeId: string;
  attempt: number;
  method: 'phone' | 'in-person' | 'message' | 'shown-online';
  outcome: 'told' | 'no-answer' | 'number-wrong' | 'moved-away';
  attemptedAt: string;
  recordedAt: string;
  recordedBy: string;
}

export interface OfficerName {
  account: string;
  since: string;
  name: string | null;
}

export interface PayeeChange {
  personId: string;
  payeeChangeId: string;
  applicationId: string;
  kind: 'account' | 'name' | 'heir' | 'nobody';
  lineId: string | null;
  state: 'proposed' | 'confirmed' | 'rejected';
  bank: string | null;
  accountEncrypted: Buffer | null;
  accountMasked: string | null;
  accountIndex: Buffer | null;
  nameEncrypted: Buffer | null;
  formerNameHash: Buffer | null;
  materialId: string | null;
  heirPersonId: string | null;
  heirMasked: string | null;
  relation: 'spouse' | 'child' | 'parent' | 'sibling' | 'grandparent' | 'grandchild' | 'legatee' | 'other' | null;
  deathCertificateId: string | null;
  deathCertificateKind: Generated<string>;
  reason: string;
  proposedAt: string;
  proposedBy: string;
  answeredAt: string | null;
  answeredBy: string | null;
}

export interface PaymentFile {
  batchNumber: string;
  disbursementId: string;
  lineCount: number;
  amountFen: number;
  format: string;
  contentDigest: Buffer;
  madeAt: string;
  madeBy: string;
  isWithdrawn: Generated<boolean>;
  withdrawnAt: string | null;
}

export interface PaymentFileDownload {
  downloadId: string;
  batchNumber: string;
  isOfWithdrawn: Generated<boolean>;
  downloadedAt: string;
  downloadedBy: string;
  reason: string | null;
}

export interface PaymentLine {
  personId: string;
  lineId: string;
  disbursementId: string;
  streetCode: string;
  applicationId: string;
  state: 'waiting' | 'held' | 'released' | 'in-payment' | 'paid' | 'failed' | 'unknown' | 'returned';
  amountFen: number;
  failure: 'name-mismatch' | 'no-account' | 'account-closed' | 'account-abnormal' | 'not-activated' | 'amount-invalid' | 'duplicate' | 'other' | null;
  settledAt: string | null;
  holdReason: string | null;
  releaseCause: 'cancelled' | 'not-funded' | 'hold-released' | 'recovered' | 'closed' | null;
  batchNumber: string | null;
  replacesLineId: string | null;
  accountChangeId: string | null;
  nameChangeId: string | null;
}

export interface PaymentLineMonth {
  personId: string;
  lineId: string;
  month: string;
  applicationId: string;
  amountFen: number;
  live: Generated<boolean>;
  setOffId: string | null;
  payingLineId: Generated<string | null>;
}

export interface PaymentReturn {
  personId: string;
  lineId: string;
  returnedOn: string;
  reference: string;
  reason: string;
  recordedAt: string;
  recordedBy: string;
}

export interface Person {
  personId: string;
  identityEncrypted: Buffer;
  identityMasked: string;
  sex: 'M' | 'F';
  bornMonth: string;
  residencePermit: boolean;
  createdAt: string;
}

export interface PersonName {
  personId: string;
  source: string;
  nameHash: Buffer;
  nameEncrypted: Buffer;
  learntAt: string;
}

export interface PersonOfTwoNames {
  personId: string;
}

export interface PolicyProposal {
  proposalId: string;
  fromDay: string;
  changedValues: JsonColumn;
  state: 'proposed' | 'adopted' | 'rejected';
  proposedAt: string;
  proposedBy: string;
  rehearsedAt: string | null;
  rehearsal: JsonColumn | null;
  answeredAt: string | null;
  answeredBy: string | null;
  rejection: string | null;
}

export interface PolicyVersion {
  version: string;
  statutoryAge: 'national' | 'document';
  fromDay: string;
  followsDay: string | null;
  proposalId: string | null;
  adopted: Generated<string | null>;
  content: string;
  contentDigest: Buffer;
  publishedAt: Generated<string>;
}

export interface QualityReview {
  personId: string;
  decisionId: string;
  applicationId: string;
  agencyCode: string;
  outcome: 'approved' | 'refused';
  seed: string;
  draw: number;
  share: number;
  state: 'not-drawn' | 'waiting' | 'confirmed' | 'sent-back' | 'lapsed';
  decidedBy: string;
  reviewedBy: string | null;
  reviewedAt: string | null;
}

export interface Question {
  questionId: string;
  askedAt: string;
  operation: 'checkEligibility' | 'lookUpPerson' | 'followApplication' | 'askAccessReport';
  clientId: string;
  actor: string;
  role: string;
  agencyCode: string | null;
  identityHash: Buffer;
  personId: string | null;
  nameEncrypted: Buffer | null;
  ground: 'consent' | 'scope' | 'purpose';
  authenticationMethod: string | null;
  authenticatedAt: string | null;
  sessionEncrypted: Buffer | null;
  consentVersion: string | null;
  consentedAt: string | null;
  purpose: string | null;
  purposeText: string | null;
}

export interface Record {
  personId: string;
  recordId: string;
  kind: 'household' | 'unemployment-registration' | 'hardship-recognition' | 'flexible-employment' | 'contribution' | 'contribution-refund' | 'unemployment-benefit' | 'skills-training' | 'public-post' | 'imprisonment' | 'public-payroll' | 'employer-insurance' | 'pension' | 'retirement-category' | 'dishonesty' | 'death' | 'prior-benefit';
  source: string;
  sourceKey: string;
  version: number;
  fromDay: string;
  toDay: string | null;
  details: JsonColumn;
  removed: boolean;
  contentDigest: Buffer;
  deliveryId: string | null;
  learntAt: string;
}

export interface RecordDelivery {
  deliveryId: string;
  clientId: string;
  source: string;
  state: 'open' | 'complete';
  streamKey: string | null;
  rowsDigest: Buffer | null;
  fileDigest: Buffer | null;
  receivedAt: string;
  takenAt: string | null;
  rowsReceived: number;
  rowsNew: number;
  rowsSuperseding: number;
  rowsUnchanged: number;
  rowsOutdated: number;
  rowsRefused: number;
  peopleToReassess: number;
}

export interface RecordDeliveryRefusal {
  deliveryId: string;
  rowNumber: number;
  sourceKey: string | null;
  errors: JsonColumn;
}

export interface Recovery {
  personId: string;
  recoveryId: string;
  applicationId: string;
  month: string;
  agencyCode: string;
  streetCode: string;
  state: 'suspected' | 'confirmed' | 'repaid' | 'dismissed' | 'reversed';
  version: number;
  cause: 'contradicting-record' | 'false-material' | 'officer';
  findings: JsonColumn;
  findingsDigest: Buffer;
  grounds: string | null;
  barId: string | null;
  reason: string | null;
  amountFen: number;
  repaidFen: Generated<number>;
  setOffFen: Generated<number>;
  wasPaid: boolean | null;
  owes: Generated<boolean | null>;
  owedFen: Generated<number>;
  refundedFen: Generated<number>;
  refundReference: string | null;
  refundedOn: string | null;
  openedAt: string;
  openedBy: string | null;
  confirmedBy: string | null;
  isReversed: Generated<boolean | null>;
  heardOn: string | null;
  heardHow: string | null;
  closedAt: string | null;
}

export interface ReferenceVersion {
  isOnlyRow: Generated<boolean>;
  version: number;
}

export interface RefusalReason {
  personId: string;
  applicationId: string;
  month: string;
  checkCode: string;
}

export interface Repayment {
  personId: string;
  repaymentId: string;
  recoveryId: string;
  amountFen: number;
  reference: string;
  receivedOn: string;
  recordedAt: string;
  recordedBy: string;
}

export interface Restore {
  epoch: number;
  moment: string;
  lastPosition: number;
  bankAskedAt: string | null;
}

export interface ResultFile {
  disbursementId: string;
  batchNumber: string;
  contentDigest: Buffer;
  linesPaid: number;
  linesFailed: number;
  linesUnknown: number;
  appliedAt: string;
  appliedBy: string;
}

export interface Roster {
  disbursementId: string;
  streetCode: string;
  verifiedAt: string | null;
  verifiedBy: string | null;
}

export interface SetOff {
  personId: string;
  setOffId: string;
  recoveryId: string;
  agencyCode: string;
  applicationId: string;
  month: string;
  amountFen: number;
  consentId: string;
  consentKind: Generated<string>;
  madeAt: string;
  madeBy: string;
  reversedAt: string | null;
  reversedBy: string | null;
  reason: string | null;
}

export interface SharedNumber {
  what: 'account' | 'phone';
  numberIndex: Buffer;
}

export interface Street {
  streetCode: string;
  name: string;
  kind: string;
  countyCode: string;
  validFrom: string;
  validTo: string | null;
}

export interface StreetAgency {
  streetCode: string;
  agencyCode: string;
  validFrom: string;
  validTo: string | null;
}

export interface SubsidyMonth {
  personId: string;
  month: string;
  applicationId: string;
  state: 'claimed' | 'live' | 'refused' | 'released' | 'recovered';
  amountFen: number | null;
  afterRecoveryId: string | null;
  stillOwed: Generated<boolean>;
}

export interface Term {
  personId: string;
  firstApprovedOn: string;
  retirementMonth: string;
  near: boolean;
  cap: number | null;
  policyVersion: string;
  importedMonths: number;
  liveMonths: Generated<number>;
}

export interface Webhook {
  webhookId: string;
  clientId: string;
  role: 'platform' | 'provincial-system';
  number: number;
  url: string;
  description: string;
  eventTypes: string[];
  createdAt: string;
  createdBy: string;
  readThrough: number;
  failingSince: string | null;
  disabledAt: string | null;
  disabledBecause: 'gone' | 'failing' | null;
}

export interface WebhookDelivery {
  deliveryId: string;
  webhookId: string;
  personId: string;
  eventId: string;
  applicationId: string;
  eventType: string;
  position: number;
  state: 'waiting' | 'delivered' | 'dead';
  attempts: number;
  nextAttemptAt: string | null;
  attemptUntil: string | null;
  lastAttemptAt: string | null;
  lastStatus: number | null;
  lastCause: 'status' | 'redirect' | 'gone' | 'timeout' | 'connection' | 'name' | 'tls' | 'address' | 'interrupted' | null;
  createdAt: string;
  settledAt: string | null;
}

export interface WebhookSecret {
  webhookId: string;
  secretNumber: number;
  secretEncrypted: Buffer;
  createdAt: string;
  expiresAt: string | null;
}

export interface WorkingCalendarException {
  day: string;
  year: number;
  works: boolean;
  name: string;
}

export interface WorkingCalendarYear {
  year: number;
  announcement: string;
}

export interface Database {
  agency: Agency;
  apiClient: ApiClient;
  apiClientKey: ApiClientKey;
  apiClientNonce: ApiClientNonce;
  appeal: Appeal;
  application: Application;
  askedDay: AskedDay;
  askedPerson: AskedPerson;
  attestation: Attestation;
  auditCut: AuditCut;
  auditEntry: AuditEntry;
  auditSeal: AuditSeal;
  auditUnsealed: AuditUnsealed;
  bar: Bar;
  barPart: BarPart;
  casePart: CasePart;
  caseTransfer: CaseTransfer;
  comparison: Comparison;
  correction: Correction;
  correctionItem: CorrectionItem;
  coverage: Coverage;
  dataKey: DataKey;
  decision: Decision;
  decisionConfirmation: DecisionConfirmation;
  decisionUndo: DecisionUndo;
  disbursement: Disbursement;
  event: Event;
  falseMaterial: FalseMaterial;
  falseMaterialReport: FalseMaterialReport;
  figure: Figure;
  figureCount: FigureCount;
  fundReceipt: FundReceipt;
  fundRequest: FundRequest;
  fundRequestPart: FundRequestPart;
  fundReturn: FundReturn;
  idempotencyKey: IdempotencyKey;
  identityIndex: IdentityIndex;
  ledgerEntry: LedgerEntry;
  look: Look;
  material: Material;
  notice: Notice;
  noticeDelivery: NoticeDelivery;
  officerName: OfficerName;
  payeeChange: PayeeChange;
  paymentFile: PaymentFile;
  paymentFileDownload: PaymentFileDownload;
  paymentLine: PaymentLine;
  paymentLineMonth: PaymentLineMonth;
  paymentReturn: PaymentReturn;
  person: Person;
  personName: PersonName;
  personOfTwoNames: PersonOfTwoNames;
  policyProposal: PolicyProposal;
  policyVersion: PolicyVersion;
  qualityReview: QualityReview;
  question: Question;
  record: Record;
  recordDelivery: RecordDelivery;
  recordDeliveryRefusal: RecordDeliveryRefusal;
  recovery: Recovery;
  referenceVersion: ReferenceVersion;
  refusalReason: RefusalReason;
  repayment: Repayment;
  restore: Restore;
  resultFile: ResultFile;
  roster: Roster;
  setOff: SetOff;
  sharedNumber: SharedNumber;
  street: Street;
  streetAgency: StreetAgency;
  subsidyMonth: SubsidyMonth;
  term: Term;
  webhook: Webhook;
  webhookDelivery: WebhookDelivery;
  webhookSecret: WebhookSecret;
  workingCalendarException: WorkingCalendarException;
  workingCalendarYear: WorkingCalendarYear;
}
