// The fastest server of the same answer: bare Fastify, and one prepared statement whose text is passed through. The reader's
// rows are set in the same flight, for the service's own login, so that row security is the same. Name, phone and account
// are opened with the service's keys, as the answer needs them. It does not verify the token (whose reader it is told
// at its start), keep a trace of the disclosure, log, limit, or check its answer.

import { randomUUID } from 'node:crypto';
import fastify from 'fastify';
import pg from 'pg';
import { type CaseRow, caseStatement, filledIn } from './case-statement.ts';
import { openPeer, type PeerReader, sessionOptions } from './peer.ts';

const peer = await openPeer();
const { settings, readerOf, notFound } = peer;
const pool = new pg.Pool({
  connectionString: settings.databaseUrl,
  max: settings.poolSize,
  pipeline: true,
  options: sessionOptions,
});

const forPlatforms = caseStatement(true);
const forOfficers = caseStatement(false);

async function findCase({ isPlatform, rows }: PeerReader, id: string): Promise<CaseRow | undefined> {
  const client = await pool.connect();
  try {
    // One flight: the second is sent without waiting for the first.
    const [, { rows: found }] = await Promise.all([
      client.query({ name: 'scope', text: settings.scopeStatement, values: [...rows] }),
      client.query<CaseRow>({
        name: isPlatform ? 'case for a platform' : 'case for an officer',
        text: isPlatform ? forPlatforms : forOfficers,
        values: [id, settings.today, settings.lateQuarters],
      }),
    ]);
    return found[0];
  } finally {
    client.release();
  }
}

const app = fastify();
app.get<{ Params: { id: string } }>('/v1/applications/:id', async (request, reply) => {
  const reader = readerOf(request.headers.authorization);
  const found = await findCase(reader, request.params.id);
  reply.type('application/json; charset=utf-8');
  if (found === undefined) return reply.code(404).send(notFound(randomUUID()));
  return filledIn(peer, request.params.id, found);
});
await app.listen({ host: '127.0.0.1', port: settings.port });
