// What a peer is told at its start: the service's database, its key, and whose rows each reader sees.

import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { type OperationId, rowScopeOf } from '../../src/platform/access/permissions.ts';
import { readActor } from '../../src/platform/access/tokens/claims.ts';
import { inForce } from '../../src/rules/policy/policy.ts';
import { policyOn } from '../../test/published-policies.ts';
import { today } from '../morning.ts';
import type { RunningService } from '../processes.ts';
import { type PeerReader, type PeerSettings, requestIdPlace, scopeStatement } from './peer.ts';
import { type Question, readers } from './sample.ts';

export async function settingsOf(
  service: RunningService,
  { poolSize, questions }: { poolSize: number; questions: readonly Question[] },
): Promise<Omit<PeerSettings, 'port'>> {
  const refused = questions.find(({ status }) => status === 404);
  if (refused === undefined) throw new Error('the sample has no foreign case');
  const { parameters } = policyOn(today, { statutoryAge: 'national' });
  const { requestId } = JSON.parse(refused.body) as { requestId: string };
  return {
    databaseUrl: service.serviceUrl,
    masterKeyFile: join(service.dataDir, 'master.key'),
    poolSize,
    today,
    lateQuarters: inForce(parameters.lateClaimQuarters, today),
    acceptanceDays: inForce(parameters.acceptanceWorkingDays, today),
    readers: await Promise.all(
      readers.map(async (one) => readerOf(await service.tokenOf(one), 'getApplication')),
    ),
    notFound: refused.body.replace(requestId, requestIdPlace),
    scopeStatement,
  };
}

/** The row scope of a token's holder, as values of `scopeStatement`. */
export function readerOf(bearer: string, operation: OperationId): PeerReader {
  const scope = rowScopeOf(readActor(decodeJwt(bearer)), operation);
  if (scope === null) throw new Error(`${operation} is not for this reader`);
  const { actor, caller, relation, code } = scope;
  const only = (one: typeof relation) => (relation === one ? code : '');
  const rows = [actor, caller, relation === 'city' ? 'yes' : '', only('agency'), only('street'), only('own')];
  return { bearer, isPlatform: relation === 'own', rows };
}
