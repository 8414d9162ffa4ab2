// A granted month whose prerequisite was not met comes into doubt, wherever its money is by then.

import t from 'tap';
import { type City, setup } from '../../helper.ts';
import { cleanRecords, held, keyOf, type Row } from '../../registers/residents.ts';
import type { Resident } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

/** The original record of a kind as its register reports it now. */
function told(resident: Resident, kind: string, more: Row): Row {
  const row = cleanRecords(resident, []).find((one) => one['kind'] === kind);
  return { ...row, version: 2, ...more };
}

/** The register's deletion of its record of a kind. */
function removed({ identityNumber }: Resident, kind: string): Row {
  return {
    kind,
    sourceKey: `${kind}-${keyOf({ identityNumber })}`,
    version: 2,
    identityNumber,
    removed: true,
  };
}

/** The suspected months of a person's case, with the checks they fail. */
async function doubted(city: City, applicationId: string) {
  await city.work();
  const open = await city.recoveries('suspected');
  return open
    .filter((one) => one.applicationId === applicationId)
    .map(({ month, findings }) => [month, findings.map(({ check }) => check)]);
}

/** One case with months paid, approved, gathered, in a file that was not downloaded, and at the bank. */
async function everywhere(city: City) {
  const paid = await city.resident();
  const paidCase = await city.approved(paid);
  await city.settled(await city.inPayment());
  const sent = await city.resident();
  const sentCase = await city.approved(sent);
  const batch = await city.inPayment();
  await city.call('payer-360203', 'GET', `/v1/disbursements/${batch.id}/payment/file`, { status: 200 });
  const filed = await city.resident();
  const filedCase = await city.approved(filed);
  const unfetched = await city.inPayment();
  const gathered = await city.resident();
  const gatheredCase = await city.approved(gathered);
  const rosters = await city.verified();
  const waiting = await city.resident();
  const waitingCase = await city.approved(waiting);
  return {
    residents: [paid, sent, filed, gathered, waiting],
    cases: [paidCase, sentCase, filedCase, gatheredCase, waitingCase],
    batch,
    unfetched,
    rosters,
  };
}

t.test(
  'a withdrawn recognition puts exactly its months in doubt: paid, at the bank, in a file, gathered, approved',
  async (t) => {
    const city = await setup(t);
    const { residents, cases } = await everywhere(city);
    await city.deliver(
      residents.map((resident) => told(resident, 'hardship-recognition', { to: '2025-05-31' })),
    );
    for (const { id } of cases) t.strictSame(await doubted(city, id), [['2025-06', ['hardship-recognised']]]);
    strictMatch(t, await city.reconciliation(), { balanced: true }, 'nothing is decided by itself');
  },
);

t.test('an ended household and an annulled registration put exactly their months in doubt', async (t) => {
  const city = await setup(t);
  const moved = await city.resident();
  const movedCase = await city.approved(moved);
  await city.deliver([told(moved, 'household', { street: '360203007', to: '2025-06-29' })]);
  t.strictSame(
    await doubted(city, movedCase.id),
    [
      ['2025-04', ['local-household']],
      ['2025-05', ['local-household']],
      ['2025-06', ['local-household']],
    ],
    'it did not hold on the day of submission either',
  );

  const annulled = await city.resident();
  const annulledCase = await city.approved(annulled);
  await city.deliver([removed(annulled, 'flexible-employment')]);
  t.strictSame(await doubted(city, annulledCase.id), [
    ['2025-04', ['flexibly-employed', 'sequence']],
    ['2025-05', ['flexibly-employed', 'sequence']],
    ['2025-06', ['flexibly-employed', 'sequence']],
  ]);
});

t.test('a prerequisite that ended after the months and the submission puts nothing in doubt', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const { id } = await city.approved(resident);
  city.clock.set('2025-08-20');
  await city.deliver([
    told(resident, 'household', { street: '360203007', to: '2025-07-31' }),
    told(resident, 'hardship-recognition', { to: '2025-07-31' }),
    told(resident, 'flexible-employment', { to: '2025-07-31' }),
    held('dishonesty', resident, '2025-08-01'),
  ]);
  t.strictSame(await doubted(city, id), []);
});

t.test(
  'missing register data put no month in doubt until the register vouches for completeness',
  async (t) => {
    const city = await setup(t);
    const resident = city.nextResident();
    await city.deliver(cleanRecords(resident, ['2025-04', '2025-05', '2025-06']), '2025-06');
    const { id } = await city.approved(resident);
    const state = async (throughMonth: string | null) => {
      city.clock.set(city.clock.now().add({ minutes: 1 }).toString());
      const coverage = [{ kind: 'hardship-recognition', throughMonth, asOf: city.clock.now().toString() }];
      const body = { source: 'jx-human-resources', rows: [], coverage };
      await city.call('provincial-system', 'POST', '/v1/record-deliveries', { body, status: 201 });
    };
    await state(null);
    await city.deliver([removed(resident, 'hardship-recognition')]);
    t.strictSame(await doubted(city, id), []);
    await state('2025-05');
    t.strictSame(await doubted(city, id), [
      ['2025-04', ['hardship-recognised', 'sequence']],
      ['2025-05', ['hardship-recognised', 'sequence']],
    ]);
  },
);
