// Records every disclosure of facts about a person. The answer waits until its record is committed, so that
// none is lost when the process ends or load is high. Records of concurrent requests are written together.

import type { FastifyRequest } from 'fastify';
import { type Actor, clientOf, officerNameOf, officerOf } from '../access/actor.ts';
import { seesNames } from '../access/names.ts';
import type { ReadContext, RequestContext } from '../context.ts';
import type { Db } from '../database/connect.ts';
import { insertLooks } from '../database/looks.ts';
import { scopeOfService } from '../database/row-scope.ts';
import { transact } from '../database/transaction.ts';
import { type FactGroup, purposeOf } from './fact-groups.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The groups of facts in the answer. Its operation names the people by `shows` of its context. */
    shows?: readonly FactGroup[];
  }
}

export interface Look {
  readonly personIds: readonly string[];
  readonly at: Temporal.Instant;
  readonly operation: string;
  readonly actor: Actor;
  readonly role: ReadContext['role'];
  readonly facts: readonly FactGroup[];
  readonly requestId: string;
  readonly sourceAddress: string;
}

/**
 * Records one request's disclosure: its operation names the people (`shows`), its route the groups of facts.
 *
 * @returns `leave`, to be awaited before the answer is sent; people named by an audit entry need no other
 *   record
 * @throws Error (from `leave`) when only one of route and operation declares what is shown
 */
export function beginLook(
  request: FastifyRequest,
  { at, operation, actor, role }: RequestContext,
  write: (look: Look) => Promise<void>,
): { readonly shows: ReadContext['shows']; readonly leave: (named?: ReadonlySet<string>) => Promise<void> } {
  let shown: ReadonlySet<string> | null = null;
  let leftOut: readonly FactGroup[] = [];
  return {
    shows: (personIds, without = seesNames(role) ? [] : ['whole-name']) => {
      shown = new Set([...(shown ?? []), ...personIds]);
      leftOut = without;
    },
    leave: async (named) => {
      const facts = request.routeOptions.config.shows;
      const isWhole = (facts === undefined) === (shown === null);
      if (!isWhole && named === undefined)
        throw new Error(`${operation}: its route and it do not both say what is shown`);
      const personIds = [...(shown ?? [])].filter((personId) => named?.has(personId) !== true);
      if (facts === undefined || personIds.length === 0) return;
      await write({
        personIds,
        at,
        operation,
        actor,
        role,
        facts: facts.filter((group) => !leftOut.includes(group)),
        requestId: request.id,
        sourceAddress: request.ip,
      });
    },
  };
}

/** Resolves when the record is committed; rejects when it could not be, and then no answer may be sent. */
export function createLookWriter(db: Db): (look: Look) => Promise<void> {
  let waiting: Waiting[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await transact(db, scopeOfService, async (tx) =>
          insertLooks(
            tx,
            batch.map(({ look: { at, actor, role, ...look } }) => ({
              ...look,
              role,
              at: at.toString(),
              actor: officerOf(actor),
              officerName: officerNameOf({ actor, role }) ?? null,
              clientId: clientOf(actor),
              agencyCode: actor.agency,
              purpose: purposeOf[role],
            })),
          ),
        );
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  return (look) =>
    new Promise((resolve, reject) => {
      waiting.push({ look, resolve, reject });
      if (!isWriting) void writeAll();
    });
}

interface Waiting {
  readonly look: Look;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
