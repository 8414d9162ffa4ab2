// Checks, before anything is measured, that a submission by hand leaves what the service leaves: the same rows but for their
// ids, the answer that the service then gives, and a kept answer that the service replays.

import { deepStrictEqual } from 'node:assert';
import { connectClient } from '../../src/platform/database/connect.ts';
import type { Steps } from '../../test/steps.ts';
import type { RunningService } from '../processes.ts';
import { platform, submitting } from '../service.ts';

/** What a submission writes, without what differs from case to case. */
const effects = `select
  (select to_jsonb(a) - array['person_id', 'application_id', 'case_number', 'name_encrypted', 'phone_encrypted', 'phone_index',
    'account_encrypted', 'account_masked', 'account_index'] from application a where a.application_id = $1) as application,
  (select jsonb_agg(to_jsonb(m) - array['person_id', 'application_id'] order by m.month) from subsidy_month m
    where m.application_id = $1) as months,
  (select jsonb_agg(to_jsonb(e) - array['person_id', 'application_id', 'event_id', 'case_number', 'written', 'position'])
    from event e where e.application_id = $1) as events,
  (select jsonb_agg(to_jsonb(u) - array['entry_id', 'target_id', 'person_id', 'request_id']) from audit_entry u
    where u.target_id = $1::text and u.operation = 'submitApplication') as audit,
  (select to_jsonb(k) - array['key', 'request_digest', 'request_id', 'body_encrypted'] from idempotency_key k where k.key = $2) as kept`;

export async function mustSubmitAlike(
  service: RunningService,
  steps: Steps,
  peerOrigin: string,
): Promise<void> {
  const bearer = await service.tokenOf(platform);
  const owner = await connectClient(service.ownerUrl, 'bench');
  try {
    const left: unknown[] = [];
    for (const origin of [service.origin, peerOrigin]) {
      const { id } = await steps.drafted(await steps.resident());
      const { path, method, headers } = submitting(id, bearer);
      const answer = await (await fetch(`${origin}${path}`, { method, headers })).text();
      const read = await fetch(`${service.origin}/v1/applications/${id}`, { headers });
      deepStrictEqual(answer, await read.text());
      const again = await fetch(`${service.origin}${path}`, { method, headers });
      deepStrictEqual([again.headers.get('idempotency-replayed'), await again.text()], ['true', answer]);
      left.push((await owner.query(effects, [id, headers['idempotency-key']])).rows[0]);
    }
    deepStrictEqual(left[1], left[0]);
  } finally {
    await owner.end();
  }
}
