// Coverage may be stated for one agency; before there is a case, the household decides which agency counts.

import t from 'tap';
import { setup } from '../helper.ts';
import { cleanRecords, fullCoverage } from '../registers/residents.ts';
import { type Resident, secondQuarter } from '../steps.ts';

interface Asked {
  readonly assessment: { readonly outcome: string };
}

t.test('an eligibility check uses the coverage stated for the agency of the household', async (t) => {
  const { asked, call, deliver, nextResident } = await setup(t);
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

  const outcomeFor = async (resident: Resident) => (await asked<Asked>(resident)).body.assessment.outcome;
  t.equal(await outcomeFor(somebody), 'approvable');
  t.equal(await outcomeFor(elsewhere), 'undetermined', 'nobody has vouched for another agency');
});
