// The second quarter of 2025 in chronological order.

import { playAfterwards } from './afterwards.ts';
import { acceptAll, applyAll, applyTwice, decideAll, decideWithoutRight, questionOf } from './cases.ts';
import { type City, readCity, serials } from './city.ts';
import { type Client, DemoError } from './client.ts';
import { tellNotices } from './day.ts';
import { type Payment, payAgency } from './money.ts';
import type { Play } from './play.ts';
import { recoverAll } from './recoveries.ts';
import { declareCoverage, deliverRecords } from './registers.ts';
import { readChains, showPeople, type Totals, tieChains, totalsOf } from './report.ts';

/** Plays the quarter with progress output and returns the result. Mismatches are in the play's faults. */
export async function playQuarter(play: Play): Promise<Totals> {
  const { city, client, tell } = play;
  let steps = 0;
  const step = (zh: string, en: string) => {
    steps += 1;
    tell(`${steps}. ${zh} · ${en}`);
  };
  tell(
    `共 ${city.residents.length} 人，${city.agencies.length} 个经办机构，${city.quarter} · people, agencies, quarter: ${client.url}`,
  );
  const before = await readChains(client, city);

  step('省系统报送登记数据', 'the registers deliver');
  await deliverRecords(play);
  step('登记机关声明数据完整性', 'how far the registers vouch');
  await declareCoverage(play);
  step('预审、申请、上传材料、提交', 'asked about, applied for');
  const submitted = await applyAll(play);
  const [first] = submitted;
  if (first === undefined) throw new Error('the city has residents');
  await applyTwice(play, first);
  step('经办机构受理', 'accepted');
  const accepted = await acceptAll(play, submitted);
  step('比对、审核办结', 'compared, decided');
  const [acceptedFirst = first] = accepted;
  await decideWithoutRight(play, acceptedFirst);
  const decided = await decideAll(play, accepted);
  step('街道告知申请人', 'the streets tell the applicants');
  await tellNotices(play, new Set(city.residents.map(({ street }) => street)));
  step('名单核对、资金拨付、银行发放', 'verified, funded, paid');
  const payments: Payment[] = [];
  for (const [index, agency] of city.agencies.entries()) {
    payments.push(...(await payAgency(play, agency, decided, index === 0)));
  }
  step('后来的数据与已发放的月份不符', 'later records contradict paid months');
  const { repaidFen: recoveredFen, refusedClaims } = await recoverAll(play, decided);

  step('结果', 'what came of it');
  showPeople(play, decided, payments);
  const after = await readChains(client, city);
  const balanced = tieChains(play, before, after, payments);

  step(
    '此后：还清再申请、去世、姓名有误、续申、移送、账户相同',
    'afterwards: claimed again, a death, a wrong name, the next quarter, a transfer, a shared account',
  );
  await playAfterwards(play, refusedClaims);
  return totalsOf(decided, payments, recoveredFen, balanced);
}

/** People that this sandbox does not know: each run takes the next of those with the same birthday. */
export async function freshCity(client: Client): Promise<City> {
  const from = Math.floor(Date.now() / 1_000);
  for (let tried = 0; tried < serials; tried += 1) {
    const city = readCity((from + tried) % serials);
    if (!(await isKnown(client, city))) return city;
  }
  throw new DemoError('这个沙箱已演示过所有可用的人员，请换一个 · nobody new is left on this sandbox');
}

/** Whether a city's first resident is known to the service. */
export async function isKnown(client: Client, { residents: [somebody] }: City): Promise<boolean> {
  if (somebody === undefined) return false;
  const by = 'platform-ganfutong';
  const body = questionOf(somebody, by);
  const { personId } = await client.post<{ personId: string | null }>(by, '/v1/people/look-ups', { body });
  return personId !== null;
}
