// Assembles the service: registers every plugin and feature explicitly, in the order of a case.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import multipart from '@fastify/multipart';
import { correctionRoutes } from './applications/acceptance/routes.ts';
import { applicationRoutes } from './applications/application/routes.ts';
import { assignmentRoutes } from './applications/assignments/routes.ts';
import { attestationRoutes } from './applications/attestations/routes.ts';
import { draftRoutes } from './applications/drafts/routes.ts';
import { materialRoutes } from './applications/materials/routes.ts';
import { transferRoutes } from './applications/transfers/routes.ts';
import { undertakingRoutes } from './applications/undertakings/routes.ts';
import { acceptanceRoutes } from './decisions/acceptance/routes.ts';
import { appealRoutes } from './decisions/appeals/routes.ts';
import { comparisonRoutes } from './decisions/comparison/routes.ts';
import { decisionRoutes } from './decisions/decision/routes.ts';
import { policyProposalRoutes } from './decisions/policy-proposals/routes.ts';
import { replayRoutes } from './decisions/replay/routes.ts';
import { reviewRoutes } from './decisions/review/routes.ts';
import { workSummaryRoutes } from './decisions/work-summary/routes.ts';
import type { Outlined } from './documentation/outline.ts';
import { registerPages } from './documentation/pages.ts';
import { registerProblemPages } from './documentation/problems.ts';
import { continuingRoutes } from './eligibility/continuing/routes.ts';
import { policyRoutes } from './eligibility/policies/routes.ts';
import { eligibilityRoutes } from './eligibility/routes.ts';
import { eventRoutes } from './notifications/events/routes.ts';
import { noticeRoutes } from './notifications/notices/routes.ts';
import { webhookRoutes, webhooksOfContract } from './notifications/webhooks/routes.ts';
import { auditRoutes } from './oversight/audit/routes.ts';
import { explanationRoutes } from './oversight/explanations/routes.ts';
import { provinceRoutes } from './oversight/province/routes.ts';
import { revealRoutes } from './oversight/reveals/routes.ts';
import { statisticsRoutes } from './oversight/statistics/routes.ts';
import { bankRoutes } from './payments/bank/routes.ts';
import { barRoutes } from './payments/bars/routes.ts';
import { deathRoutes } from './payments/deaths/routes.ts';
import { cancellationRoutes, disbursementRoutes } from './payments/disbursement/routes.ts';
import { fundReturnRoutes, fundRoutes } from './payments/funds/routes.ts';
import { lineRoutes } from './payments/lines/routes.ts';
import { overviewRoutes } from './payments/overviews/routes.ts';
import { payeeChangeRoutes } from './payments/payee-changes/routes.ts';
import { reconciliationRoutes } from './payments/reconciliation/routes.ts';
import { recoveryRoutes } from './payments/recoveries/routes.ts';
import { reissueRoutes } from './payments/reissues/routes.ts';
import { returnRoutes } from './payments/returns/routes.ts';
import { rosterRoutes } from './payments/rosters/routes.ts';
import { setOffRoutes } from './payments/set-offs/routes.ts';
import { type Guard, permit } from './platform/access/permissions.ts';
import { createTokenVerifier } from './platform/access/tokens/tokens.ts';
import { apiClientRoutes } from './platform/api-clients/routes.ts';
import { createSignatureVerifier } from './platform/api-clients/verify.ts';
import type { Config } from './platform/config/config.ts';
import type { Db } from './platform/database/connect.ts';
import { openEncryption } from './platform/encryption/open-encryption.ts';
import { authenticate, clientOf } from './platform/http/authenticate.ts';
import { registerContract } from './platform/http/contract/contract.ts';
import { createHandlers, type Handlers } from './platform/http/handlers.ts';
import { limitConnections } from './platform/http/limits/connections.ts';
import { registerHardening } from './platform/http/limits/hardening.ts';
import { certificateReader } from './platform/http/limits/proxies.ts';
import { type App, createServer, type Timeouts } from './platform/http/server.ts';
import { openReference } from './platform/reference/memory.ts';
import { openPolicies } from './platform/reference/policies.ts';
import { referenceRoutes } from './platform/reference/routes.ts';
import type { Services } from './platform/write-context.ts';
import { deliveryRoutes } from './registers/deliveries/routes.ts';
import { importRoutes } from './registers/imports/routes.ts';
import { recordRoutes } from './registers/records/routes.ts';
import { healthRoutes } from './runtime/health/routes.ts';
import { beginCheckpoints } from './runtime/jobs/checkpoints.ts';
import { stageScheduled, startWorker } from './runtime/jobs/worker.ts';
import { registerWorkers } from './runtime/threads/pool.ts';
import { type SandboxClock, sandboxClock } from './sandbox/clock.ts';
import { sandboxIssuer, sandboxIssuerPath, sandboxTrust, sandboxUrl } from './sandbox/issuer.ts';
import { sandboxStory } from './sandbox/story/story.ts';

export interface Dependencies {
  readonly config: Config;
  readonly db: Db;
  readonly clock: () => Temporal.Instant;
  /** Whose time `clock` tells, in a sandbox whose clock can be moved. */
  readonly movableClock?: SandboxClock;
  /** UUIDv7: lists are ordered by id. */
  readonly newId: () => string;
  /** True from the first stop signal: the service is no longer ready. */
  readonly isStopping: () => boolean;
  readonly logStream?: { write(line: string): void };
  /** Starts the background work that operations stage; absent where the caller runs it. */
  readonly startWork?: (app: App, services: Services) => Promise<void>;
  /** The application's permission check; replaced in tests that check the database's own. */
  readonly guard?: Guard;
  readonly timeouts?: Timeouts;
}

export async function buildApp({
  config,
  db,
  clock,
  movableClock,
  newId,
  isStopping,
  logStream,
  startWork = startWorker,
  guard = permit,
  timeouts,
}: Dependencies): Promise<App> {
  const { isTrustedProxy } = config;
  const sandboxIssuerTrust = sandboxTrust(sandboxUrl(config.host, config.port), () => app.listeningOrigin);
  const mostLifeSeconds = config.tokenLifeMinutes * 60;
  const tokens = createTokenVerifier({
    issuers: config.issuers ?? [sandboxIssuerTrust],
    clock,
    mostLifeSeconds,
  });
  const app: App = createServer({
    logLevel: config.logLevel,
    newId,
    isTrustedProxy,
    isStopping,
    admission: {
      poolSize: config.poolSize,
      clientOf: (request) => clientOf(request, tokens),
      random: db.random,
    },
    ...(logStream ? { logStream } : {}),
    ...(timeouts ? { timeouts } : {}),
  });
  const encryption = await openEncryption({
    db,
    readMasterKeys: config.readMasterKeys,
    suite: config.encryptionSuite,
    clock,
    onClose: (stop) => app.addHook('onClose', async () => stop()),
    onError: (error) => app.log.error({ err: error }, 'the data keys could not be read again'),
  });
  const settings = {
    qualityReview: config.qualityReview,
    acceptTestPeople: config.sandbox,
    auditHash: config.auditHash,
    auditCheckpointDir: config.auditCheckpointDir,
    keep: config.keep,
    webhooks: config.webhooks,
    peopleAskedPerDay: config.peopleAskedPerDay,
    provinceWithholds: config.provinceWithholds,
  };
  const policiesOn = await openPolicies(db, config.statutoryAge);
  const referenceIn = await openReference({
    db,
    onClose: (stop) => app.addHook('onClose', async () => stop()),
    onError: (error) => app.log.error({ err: error }, 'changes of the reference data are not heard of'),
  });
  const services = { db, clock, newId, encryption, settings, policiesOn, referenceIn };
  const handlers = createHandlers(services);

  registerWorkers(app);
  await app.register(multipart, { throwFileSizeLimit: true });

  await app.register(authenticate, {
    tokens,
    verifySignature: createSignatureVerifier({ db, encryption, clock }),
    certificateOf: certificateReader(config.clientCertificateHeader, isTrustedProxy),
    guard,
    failuresPerMinute: config.failuresPerMinute,
    requestsPerAddress: config.requestsPerAddress,
  });

  limitConnections(app.server, { perAddress: config.connectionsPerAddress, isTrustedProxy });
  await registerHardening(app, config);

  registerFeatures(app, handlers, { db, isStopping });

  if (config.sandbox) {
    const keyFile = join(config.dataDir, 'sandbox-issuer.pem');
    await app.register(sandboxIssuer, {
      issuer: sandboxIssuerTrust.issuer,
      keyFile,
      clock,
      environment: config.environment,
      mostLifeSeconds,
    });
    await app.register(sandboxStory, { clock, environment: config.environment });
    if (movableClock !== undefined)
      await app.register(sandboxClock, {
        clock: movableClock,
        environment: config.environment,
        whenMoved: () => stageScheduled(db, settings),
      });
  }
  await registerProblemPages(app);
  await registerPages(app, {
    readContract: config.swaggerUi ? () => readContract({ db, isStopping }) : null,
    clock,
    issuers: config.issuers ?? [],
    sandboxTokenPath: config.sandbox ? `${sandboxIssuerPath}/token` : null,
  });
  if (config.auditCheckpointDir !== undefined) await beginCheckpoints(services, config.auditCheckpointDir);
  await startWork(app, services);
  return app;
}

const nobodyCalls = () => {
  throw new Error('the contract is read from the routes; nothing is called');
};

/**
 * The contract, from the routes of an app made for it and let go: the service that runs holds neither the generator nor
 * the contract. Uses no database.
 */
export async function readContract(process: Process): Promise<Outlined> {
  const app = createServer({ logLevel: 'silent', newId: randomUUID });
  await registerContract(app, webhooksOfContract());
  await app.register(multipart);
  const handlers: Handlers = {
    read: nobodyCalls,
    write: nobodyCalls,
    writeEach: nobodyCalls,
    auditedRead: nobodyCalls,
    readPage: nobodyCalls,
    stream: nobodyCalls,
  };
  registerFeatures(app, handlers, process);
  await app.ready();
  try {
    return app.swagger();
  } finally {
    await app.close();
  }
}

type Process = Pick<Dependencies, 'db' | 'isStopping'>;

/** Registers every operation of the contract. */
function registerFeatures(app: App, handlers: Handlers, process: Process): void {
  deliveryRoutes(app, handlers);
  importRoutes(app, handlers);
  policyRoutes(app, handlers);
  eligibilityRoutes(app, handlers);
  recordRoutes(app, handlers);
  draftRoutes(app, handlers);
  materialRoutes(app, handlers);
  undertakingRoutes(app, handlers);
  applicationRoutes(app, handlers);
  continuingRoutes(app, handlers);
  assignmentRoutes(app, handlers);
  workSummaryRoutes(app, handlers);
  transferRoutes(app, handlers);
  correctionRoutes(app, handlers);
  acceptanceRoutes(app, handlers);
  attestationRoutes(app, handlers);
  noticeRoutes(app, handlers, process);
  comparisonRoutes(app, handlers);
  decisionRoutes(app, handlers);
  appealRoutes(app, handlers);
  replayRoutes(app, handlers);
  reviewRoutes(app, handlers);
  explanationRoutes(app, handlers);
  payeeChangeRoutes(app, handlers);
  disbursementRoutes(app, handlers);
  rosterRoutes(app, handlers);
  lineRoutes(app, handlers);
  cancellationRoutes(app, handlers);
  fundRoutes(app, handlers);
  bankRoutes(app, handlers);
  deathRoutes(app, handlers);
  returnRoutes(app, handlers);
  fundReturnRoutes(app, handlers);
  reissueRoutes(app, handlers);
  reconciliationRoutes(app, handlers);
  recoveryRoutes(app, handlers);
  setOffRoutes(app, handlers);
  barRoutes(app, handlers);
  overviewRoutes(app, handlers);
  statisticsRoutes(app, handlers);
  eventRoutes(app, handlers, process);
  provinceRoutes(app, handlers, process);
  webhookRoutes(app, handlers);
  auditRoutes(app, handlers);
  revealRoutes(app, handlers);
  referenceRoutes(app, handlers);
  policyProposalRoutes(app, handlers);
  apiClientRoutes(app, handlers);
  healthRoutes(app, handlers, process);
}
