// A case is followed in another channel by whoever made it: with its number and their whole identity number.

import t from 'tap';
import type { Static } from 'typebox';
import type { ApplicationFollowed } from '../../src/eligibility/schemas.ts';
import { type Problem, setup } from '../helper.ts';
import { questionAbout } from '../steps.ts';

type Followed = Static<typeof ApplicationFollowed>;

const city = await setup(t, { SUBSIDY_PEOPLE_PER_CLIENT: '5' });
const { call } = city;
/** Where the person is logged in; the case was made elsewhere. */
const hall = 'platform-hall';

const resident = await city.resident();
const application = await city.approved(resident, { by: 'platform-ganfutong' });
const { caseNumber } = application;

async function follow(who: Parameters<typeof questionAbout>[0], sought = caseNumber, by = hall) {
  const body = { ...questionAbout(who), caseNumber: sought };
  return await call<Followed & Problem>(by, 'POST', '/v1/application-follow-ups', { body, key: null });
}

t.test(
  'with case number and identity number the person sees state and money, and nothing they entered',
  async (t) => {
    const { status, body } = await follow(resident);
    t.equal(status, 200);
    t.strictSame(
      [body.application?.caseNumber, body.application?.state, body.application?.channel],
      [caseNumber, 'approved', 'ganfutong'],
    );
    t.strictSame(
      body.application?.months.map(({ month, amountFen, money }) => [month, amountFen, money?.state]),
      ['2025-04', '2025-05', '2025-06'].map((month) => [month, 50_000, 'waiting']),
    );
    t.strictSame((await call(hall, 'GET', `/v1/applications/${application.id}`)).status, 404);
  },
);

t.test('an unknown case, the case of somebody else and a wrong name are answered alike', async (t) => {
  const other = await city.resident();
  const draft = await city.drafted(resident, { months: ['2025-04'], by: hall });
  const answers = [
    await follow(resident, 'JDZ25-9999999-8'),
    await follow(other),
    await follow({ ...resident, name: '张三丰' }),
    await follow(resident, draft.caseNumber),
  ];
  for (const { status, body } of answers) t.strictSame([status, body], [200, { application: null }]);
});

t.test('what was seen stands in the access report, with the questions that were not answered', async (t) => {
  const { body } = await call<{ items: { operation: string; facts: string[] }[] }>(
    'auditor',
    'GET',
    `/v1/people/${application.personId}/access-report`,
    { query: { limit: '200' }, status: 200 },
  );
  t.strictSame(
    body.items.filter(({ operation }) => operation === 'followApplication').map(({ facts }) => facts),
    [['case', 'payment', 'recovery'], [], [], []],
  );
});

t.test(
  'every fault of the question is told at once, and a platform asks about so many people a day',
  async (t) => {
    const { identityNumber } = resident;
    const wrong = await call<Problem>(hall, 'POST', '/v1/application-follow-ups', {
      body: { identityNumber, caseNumber: 'JDZ25-0000001-1' },
      key: null,
    });
    t.strictSame(
      wrong.body.errors.map(({ pointer, code }) => `${pointer} ${code}`),
      [
        '/body/name required',
        '/body/authentication required',
        '/body/consent required',
        '/body/caseNumber check-digit',
      ],
    );
    for (let people = 0; people < 3; people += 1) t.equal((await follow(city.nextResident())).status, 200);
    const { status, body } = await follow(city.nextResident());
    t.strictSame([status, body.code], [429, 'too-many-people']);
  },
);

t.test('officers follow cases in their own lists', async () => {
  for (const officer of ['street-360203007', 'handler-360203', 'auditor'])
    await call(officer, 'POST', '/v1/application-follow-ups', {
      body: { ...questionAbout(resident), caseNumber },
      key: null,
      status: 403,
    });
});
