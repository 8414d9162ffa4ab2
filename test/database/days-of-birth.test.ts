// Rows from before the day of birth was kept in the sealed identity number alone: what a migration makes of them.

import { createHash } from 'node:crypto';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { connectClient } from '../../src/database/connect.ts';
import { migrate, migrationsDirectory } from '../../src/database/migrate.ts';
import { emptyDatabase } from '../database.ts';

const person = '00000000-0000-7000-8000-000000000001';
const oldSnapshot =
  '{"policyVersion":"v","claim":{"person":{"sex":"M","born":"1969-11-05","residencePermit":false},"term":{"firstApprovedOn":"2025-07-05","retirementOn":"2031-05-05","near":false,"cap":36,"policyVersion":"v"},"months":["2025-07"]},"records":[]}';
const oldAssessment =
  '{"policyVersion":"v","retirement":{"category":"M60","on":"2031-05-05","month":"2031-05"},"months":[]}';
const oldAnswer =
  '{"applicant":{"identityNumber":"360***********0011","phone":"139****1234"},"account":{"number":"***************4560"},"retirement":{"category":"M60","on":"2031-05-05","month":"2031-05"},"explanation":"于2025年7月5日初次核定，距法定退休时间（2031年5月5日）满5年"}';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

t.test('masks and days of birth of earlier rows are brought to what is kept today', async (t) => {
  const url = await emptyDatabase(t);
  const files = readdirSync(migrationsDirectory).sort();
  const earlier = files.slice(
    0,
    files.findIndex((file) => file.endsWith('_masks.sql')),
  );
  const directory = t.testdir({});
  for (const file of earlier) cpSync(join(migrationsDirectory, file), join(directory, file));
  await migrate(url, { directory });
  const client = await connectClient(url, 'subsidy test');
  t.teardown(() => client.end());
  await client.query('set session_replication_role = replica');
  await client.query(
    `insert into person (person_id, identity_sealed, identity_masked, sex, born, residence_permit, created_at)
     values ('${person}', '', '360***********0011', 'M', '1969-11-05', false, now())`,
  );
  await client.query(
    `insert into term (person_id, first_approved_on, retirement_on, near, cap, policy_version, imported_months)
     values ('${person}', '2025-07-05', '2031-05-05', false, 36, 'v', 0)`,
  );
  await client.query(
    `insert into comparison values ('${person}', gen_random_uuid(), gen_random_uuid(), now(), '', 'v', $1, '', $2, '')`,
    [oldSnapshot, oldAssessment],
  );
  await client.query(
    `insert into idempotency_key (client_id, key, operation, request_digest, status, headers, body, answered_at)
     values ('a', 'key-of-old', 'decideApplication', '', 201, '{}', $1, now())`,
    [oldAnswer],
  );
  await migrate(url);

  const one = async (query: string) => (await client.query(query)).rows[0];
  t.strictSame(await one('select identity_masked, born_month from person'), {
    identity_masked: '3****************1',
    born_month: '1969-11',
  });
  t.strictSame(await one('select retirement_month from term'), { retirement_month: '2031-05' });
  const snapshot = oldSnapshot
    .replace('"born":"1969-11-05"', '"bornMonth":"1969-11"')
    .replace('"retirementOn":"2031-05-05"', '"retirementMonth":"2031-05"');
  const assessment = oldAssessment.replace('"on":"2031-05-05",', '');
  t.strictSame(
    await one(
      `select snapshot, encode(snapshot_digest, 'hex') as sealed, assessment,
        encode(assessment_digest, 'hex') as assessed from comparison`,
    ),
    { snapshot, sealed: sha256(snapshot), assessment, assessed: sha256(assessment) },
  );
  t.strictSame(await one('select body from idempotency_key'), {
    body: '{"applicant":{"identityNumber":"3****************1","phone":"1*********4"},"account":{"number":"******************0"},"retirement":{"category":"M60","month":"2031-05"},"explanation":"于2025年7月5日初次核定，距法定退休时间（2031年5月）满5年"}',
  });
});
