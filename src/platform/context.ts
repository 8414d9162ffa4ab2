// What every operation is given: one transaction, one instant, one actor, and how far that actor sees. An operation asks
// for nothing else from the outside world; clock, ids and randomness are created in the programs and passed down here.

import type { StatutoryAgeMode } from '../rules/policy/policy.ts';
import type { Day } from '../values/days.ts';
import type { Actor, Role } from './access/actor.ts';
import type { OperationId, Scope } from './access/permissions.ts';
import type { Tx } from './database/connect.ts';
import type { Encryption } from './encryption/encryption.ts';

/** What an operator chose for the whole service. */
export interface Settings {
  /** Whose retirement ages count from 2025 on. */
  readonly statutoryAge: StatutoryAgeMode;
  /** Of a hundred decisions with that outcome, how many another reviewer looks at before the money step. */
  readonly qualityReview: { readonly approved: number; readonly refused: number };
  /** Numbers of the county that never existed: in the sandbox and in tests only. */
  readonly acceptTestPeople: boolean;
  /** Hash of the audit chain. */
  readonly auditHash: 'sha256' | 'sm3';
  readonly keep: Retention;
  /** About how many different people one platform, or one officer, may ask in a day. */
  readonly peopleAskedPerDay: { readonly client: number; readonly officer: number };
}

/** How long is kept what does not stay for ever. */
export interface Retention {
  /** Answers under an Idempotency-Key: a retry after that would be a new request. */
  readonly answersDays: number;
  /** Why rows of a delivery were refused. */
  readonly refusalsDays: number;
  /** Who asked about whom, with the statements that came along. */
  readonly questionsDays: number;
  readonly auditYears: number;
}

/** What the service does by itself, having been staged or because its time has come. */
export type ServiceOperation =
  | 'reassessPerson'
  | 'reassessCovered'
  | 'recountTimeLimits'
  | 'expireDrafts'
  | 'deleteExpired'
  | 'enterLooks';

/** A reading operation: sees one consistent state and changes nothing. */
export interface ReadContext {
  readonly tx: Tx;
  readonly operation: OperationId | ServiceOperation;
  readonly actor: Actor;
  /** `service` when no person acts: work that the service itself had staged. */
  readonly role: Role | 'service';
  readonly scope: Scope;
  readonly at: Temporal.Instant;
  /** The civil day in Asia/Shanghai at `at`. */
  readonly today: Day;
  readonly settings: Settings;
  readonly encryption: Encryption;
  /**
   * Says of which people the answer holds facts, none of them included. Required of every reading operation whose route
   * says what it shows; the trace is left before the answer is sent.
   */
  shows(personIds: Iterable<string>): void;
}

/** What an operation is given besides its transaction. */
export type RequestContext = Omit<ReadContext, 'tx'>;

/** An operation with an effect: everything it does, its audit entry and its answer are one transaction. */
export interface WriteContext extends ReadContext {
  newId(): string;
  /** Required at least once: a write that commits without an audit entry throws. */
  audit(entry: AuditEntry): Promise<void>;
  /** Work for after the commit, staged in this transaction. Jobs with the same `key` that still wait are one. */
  enqueue<T extends keyof StagedWork>(
    task: T,
    jobs: readonly { readonly key: string; readonly payload: StagedWork[T] }[],
  ): Promise<void>;
}

/** An operation that is many transactions, because a body or an answer streams. */
export interface StreamContext {
  /** The request's Idempotency-Key. */
  readonly key: string;
  /** One writing transaction; it leaves an audit entry. */
  write<T>(operation: (context: WriteContext) => Promise<T>): Promise<T>;
  /** One reading transaction. */
  read<T>(operation: (context: ReadContext) => Promise<T>): Promise<T>;
  /**
   * Takes the key, so that no other request may use it; `idempotency-key-reused` when one has, and
   * `idempotency-key-in-flight` when another began the same under it just now.
   */
  claimKey(context: WriteContext): Promise<void>;
}

/** What can be staged, by task. */
export interface StagedWork {
  /** Due days again, after a year was added to the calendar. */
  'recount-time-limits': { readonly year: number };
  /** Drafts that nobody goes on with. */
  'expire-drafts': Readonly<Record<string, never>>;
  /** Everything else that is kept no longer. */
  'delete-expired': Readonly<Record<string, never>>;
  /** A reassessment of somebody's granted months and open applications. */
  'reassess-person': { readonly personId: string };
  /** The same for everybody whom a change of coverage concerns, a batch at a time. */
  'reassess-covered': {
    readonly agencyCode: string | null;
    readonly includesGranted: boolean;
    readonly afterPersonId: string | null;
  };
}

export interface AuditEntry {
  readonly target: readonly [kind: string, id: string];
  readonly personId?: string;
  /** States, counts and digests. Never a personal value: the audit is read by people who may not see those. */
  readonly change: Readonly<Record<string, unknown>>;
}
