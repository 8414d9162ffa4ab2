// How often a reading operation waits for the database.

import t from 'tap';
import type { OperationId } from '../../../src/platform/access/permissions.ts';
import { flightsOf } from '../../flights.ts';
import { setup } from '../../helper.ts';
import { passingRequests } from './requests.ts';

const asked = 'the question is kept and counted before it is answered';
const figures = 'adds up the whole city, or all of its money, in several statements';

/** Everything else waits at most twice. */
const waits: Partial<Record<OperationId, { readonly most: number; readonly because: string }>> = {
  listApplications: { most: 1, because: 'officers look at their list all day' },
  listNotices: { most: 1, because: 'streets and platforms look at it all day' },
  listEvents: { most: 1, because: 'platforms ask every few seconds' },
  checkEligibility: { most: 4, because: asked },
  lookUpPerson: { most: 3, because: asked },
  followApplication: { most: 5, because: asked },
  askAccessReport: { most: 4, because: asked },
  getPersonOverview: {
    most: 3,
    because: 'what is in scope is read before the term, which is of the whole city',
  },
  listPaymentOutcomes: {
    most: 3,
    because: 'the recoveries follow from the months, which follow from the payments',
  },
  checkRecordImport: { most: 4, because: 'thousands of rows are compared step by step' },
  getPaymentFile: { most: 6, because: 'locks the file and keeps the download before its lines are read' },
  verifyAudit: { most: 20, because: 'reads the whole chain in batches' },
  getWorkSummary: { most: 5, because: figures },
  getStatistics: { most: 6, because: figures },
  getStatisticsFile: { most: 6, because: figures },
  getForecast: { most: 4, because: figures },
  getReconciliation: { most: 4, because: figures },
  listReconciliationMonths: { most: 3, because: figures },
  listPersonReconciliationMonths: { most: 4, because: figures },
  getDisbursementReconciliation: { most: 4, because: figures },
  getPersonReconciliation: { most: 4, because: figures },
};

/** An answer does not wait for the commit of what was read; an audit entry travels with the commit. */
const isWaitedFor = (statement: string) =>
  !/^(commit$|(with named as .*)?insert into audit_entry)/s.test(statement);

const questions: ReadonlySet<string> = new Set<OperationId>([
  'checkEligibility',
  'lookUpPerson',
  'followApplication',
  'askAccessReport',
  'findPeople',
  'revealPerson',
  'checkRecordImport',
  'replayDecision',
  'verifyAudit',
]);

/** The flights in which a caller's transactions waited; not those of the service, which records who was shown. */
function readingFlights(flights: readonly string[][]): string[][] {
  let isOfCaller = false;
  return flights.filter((flight) => {
    const begin = flight.find((statement) => statement.startsWith('start transaction'));
    if (begin !== undefined) isOfCaller = !begin.includes("'urn:subsidy|service'");
    const counts = isOfCaller && flight.some(isWaitedFor);
    if (flight.includes('commit')) isOfCaller = false;
    return counts;
  });
}

t.test('every reading operation waits for the database at most twice, the busiest lists once', async (t) => {
  const city = await setup(t);
  for (const { operation, caller, method, url, options } of await passingRequests(city)) {
    const act = () => city.call(caller, method, url, options);
    if (method !== 'GET' && !questions.has(operation)) {
      await act();
      continue;
    }
    if (waits[operation]?.most === 1) await act(); // what a first reading puts in order
    const flights = readingFlights(await flightsOf(act));
    const { most, because } = waits[operation] ?? { most: 2, because: '' };
    t.ok(flights.length <= most, `${operation} waits at most ${most} times ${because}`, { flights });
  }
});
