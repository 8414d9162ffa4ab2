// What every operation receives: one transaction, one instant, one actor and its scope. Operations use no
// other input; clock, ids and randomness are created at program start and passed down.

import type { Policies } from '../rules/policy/policy.ts';
import type { Day } from '../values/days.ts';
import type { Actor, Role } from './access/actor.ts';
import type { OperationId, Scope } from './access/permissions.ts';
import type { Withholdable } from './config/variables.ts';
import type { Tx } from './database/connect.ts';
import type { Encryption } from './encryption/encryption.ts';
import type { FactGroup } from './http/fact-groups.ts';
import type { Reference } from './reference/reference.ts';

/** What the operator configures for the whole service. */
export interface Settings {
  /** Percentage of decisions with each outcome sampled for a second review before payment. */
  readonly qualityReview: { readonly approved: number; readonly refused: number };
  /** Accepts identity numbers of a county that never existed: in the sandbox and tests only. */
  readonly acceptTestPeople: boolean;
  /** Hash algorithm of the audit chain. */
  readonly auditHash: 'sha256' | 'sm3';
  /** Directory for signed audit checkpoints; undefined: none are written. */
  readonly auditCheckpointDir: string | undefined;
  readonly keep: Retention;
  /** Where events may be sent. */
  readonly webhooks: {
    /** Besides https: in the sandbox only. */
    readonly allowsHttp: boolean;
    /** Whether an address of a receiver may be connected to. */
    readonly mayReach: (address: string) => boolean;
  };
  /** How many different people one platform or officer may ask about per day. */
  readonly peopleAskedPerDay: { readonly client: number; readonly officer: number };
  /** What the provincial system is not given with decisions and payments. */
  readonly provinceWithholds: readonly Withholdable[];
}

/** How long temporary data are kept, in days. */
export interface Retention {
  /** Stored answers under an Idempotency-Key; a later retry counts as a new request. */
  readonly answersDays: number;
  /** Why rows of a delivery were rejected. */
  readonly refusalsDays: number;
  /** Eligibility checks: who asked about whom, with the submitted statements. */
  readonly questionsDays: number;
  /** Events that were sent to webhooks, or given up. */
  readonly deliveriesDays: number;
  readonly auditYears: number;
}

/** Operations that the service runs itself, as staged or scheduled work. */
export type ServiceOperation =
  | 'reassessPerson'
  | 'reassessCovered'
  | 'recountTimeLimits'
  | 'expireDrafts'
  | 'tellClaimable'
  | 'deleteExpired'
  | 'enterLooks'
  | 'sendEvents'
  | 'keepRehearsal'
  | 'countFigures';

/** For read operations: one consistent snapshot, no writes. */
export interface ReadContext {
  readonly tx: Tx;
  readonly operation: OperationId | ServiceOperation;
  readonly actor: Actor;
  /** `service` for staged or scheduled work, where no person acts. */
  readonly role: Role | 'service';
  readonly scope: Scope;
  readonly at: Temporal.Instant;
  /** The civil day in Asia/Shanghai at `at`. */
  readonly today: Day;
  readonly settings: Settings;
  readonly policies: Policies;
  /** At most a second older than the transaction. */
  readonly reference: Reference;
  readonly encryption: Encryption;
  /**
   * Names the people whose facts are in the answer, possibly none. Required in every read operation whose
   * route declares `shows`; the disclosure is recorded before the answer is sent.
   *
   * @param without groups of facts that the route declares and this answer leaves out; by default the whole name where
   *   the reader gets it masked
   */
  shows(personIds: Iterable<string>, without?: readonly FactGroup[]): void;
}

/** The context without its transaction and what is taken for it. */
export type RequestContext = Omit<ReadContext, 'tx' | 'reference'>;

/** For write operations: the changes, the audit entry and the stored answer are one transaction. */
export interface WriteContext extends ReadContext {
  newId(): string;
  /** Required at least once: committing without an audit entry throws. */
  audit(entry: AuditEntry): Promise<void>;
  /** Stages work for after the commit, in this transaction. Jobs that wait with the same `key` are merged. */
  enqueue<T extends keyof StagedWork>(
    task: T,
    jobs: readonly { readonly key: string; readonly payload: StagedWork[T] }[],
  ): Promise<void>;
}

/** For operations of several transactions, because a body or an answer is streamed. */
export interface StreamContext {
  /** The request's Idempotency-Key. */
  readonly key: string;
  /** One write transaction; it must add an audit entry. */
  write<T>(operation: (context: WriteContext) => Promise<T>): Promise<T>;
  /** One read transaction. */
  read<T>(operation: (context: ReadContext) => Promise<T>): Promise<T>;
  /**
   * Claims the key for this request.
   *
   * @throws Problem `idempotency-key-reused` when an earlier request has it, `idempotency-key-in-flight` when
   * another one has just started under it
   */
  claimKey(context: WriteContext): Promise<void>;
}

/** Payload of each staged task. */
export interface StagedWork {
  /** Recomputes due days after a year was added to the calendar. */
  'recount-time-limits': { readonly year: number };
  /** Rehearses a proposed policy on past cases. */
  'rehearse-policy': { readonly proposalId: string };
  /** Tells platforms of quarters that can be claimed and of terms that end. */
  'tell-claimable': Readonly<Record<string, never>>;
  /** Deletes abandoned drafts. */
  'expire-drafts': Readonly<Record<string, never>>;
  /** Counts the figures that are too slow to count for each question. */
  'count-figures': Readonly<Record<string, never>>;
  /** Writes a signed checkpoint of the audit into the operator's folder. */
  'write-checkpoint': Readonly<Record<string, never>>;
  /** Deletes all other expired data. */
  'delete-expired': Readonly<Record<string, never>>;
  /** Reassesses a person's granted months and open applications. */
  'reassess-person': { readonly personId: string };
  /** The same for everybody affected by a change of coverage, in batches. */
  'reassess-covered': {
    readonly agencyCode: string | null;
    readonly includesGranted: boolean;
    readonly afterPersonId: string | null;
  };
}

export interface AuditEntry {
  readonly target: readonly [kind: string, id: string];
  readonly personId?: string;
  /** States, counts and digests; no personal data, since readers of the audit may not see them. */
  readonly change: Readonly<Record<string, unknown>>;
}
