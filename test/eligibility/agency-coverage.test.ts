// Registers may vouch for one agency alone. Before there is a case, the household says which agency that is.

import t from 'tap';
import { setup } from '../helper.ts';
import { cleanRecords, fullCoverage } from '../records/residents.ts';
import { secondQuarter } from '../steps.ts';

interface Asked {
  readonly assessment: { readonly outcome: string };
}

t.test('an eligibility check knows what registers vouch for in the agency of the household', async (t) => {
  const { call, deliver, nextResident } = await setup(t);
  const [somebody, elsewhere] = [nextResident(), nextResident({ street: '360202001', agency: '360202' })];
  await deliver([...cleanRecords(somebody, secondQuarter), ...cleanRecords(elsewhere, secondQuarter)]);
  const ofAgency = fullCoverage('2025-06', '2025-07-05T00:00:00Z').map((one) => ({
    ...one,
    agencyCode: '360203',
  }));
  await call('provincial-system', 'POST', '/v1/record-deliveries', {
    body: { source: 'jx-human-resources', rows: [], coverage: ofAgency },
    status: 201,
  });

  const outcomeFor = async (identityNumber: string) => {
    const body = { identityNumber, quarter: '2025Q2' };
    const { body: asked } = await call<Asked>('platform-ganfutong', 'POST', '/v1/eligibility-checks', {
      body,
    });
    return asked.assessment.outcome;
  };
  t.equal(await outcomeFor(somebody.identityNumber), 'approvable');
  t.equal(
    await outcomeFor(elsewhere.identityNumber),
    'undetermined',
    'nobody has vouched for another agency',
  );
});
