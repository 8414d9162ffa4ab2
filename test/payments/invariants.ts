// Checks from the tables alone what must hold at every moment. Shares no SQL with the service. Contains no test.

import type { Db } from '../../src/platform/database/connect.ts';

const questions: Readonly<Record<string, string>> = {
  'a month is claimed or live twice': `
    select person_id, month from subsidy_month where state in ('claimed', 'live') group by 1, 2 having count(*) > 1`,
  'more months are live than the term allows': `
    select t.person_id from term t
    where t.cap is not null and t.cap < (
      select count(*) from subsidy_month m where m.person_id = t.person_id and m.state = 'live'
    ) + (
      select count(*) from recovery r where r.person_id = t.person_id and r.state = 'confirmed' and r.was_paid
    ) + (
      select count(distinct month) from record r, jsonb_array_elements_text(r.details -> 'months') month
      where r.person_id = t.person_id and r.kind = 'prior-benefit' and not r.removed
    )`,
  'the counter under the cap is wrong': `
    select person_id from term t where live_months <> (
      select count(*) from subsidy_month m where m.person_id = t.person_id and m.state = 'live'
    ) + (
      select count(*) from recovery r where r.person_id = t.person_id and r.state = 'confirmed' and r.was_paid
    )`,
  'a month is claimed again while it is owed': `
    select m.person_id, m.month from subsidy_month m
    join recovery r on r.person_id = m.person_id and r.month = m.month and r.application_id <> m.application_id
    where m.state in ('claimed', 'live') and r.state = 'confirmed' and r.was_paid`,
  'a month is in two payments': `
    select person_id, month from payment_line_month where live group by 1, 2 having count(*) > 1`,
  'a month was paid twice': `
    select m.person_id, m.month from payment_line_month m join payment_line l using (person_id, line_id)
    where l.state = 'paid' and m.live group by 1, 2 having count(*) > 1`,
  'a line pays another amount than its months': `
    select line_id from payment_line l where amount_fen <> (
      select coalesce(sum(amount_fen), 0) from payment_line_month m where m.line_id = l.line_id
    )`,
  'nothing was approved, or zero': `
    select decision_id from decision where outcome = 'approved' and amount_fen <= 0`,
  'a payment is not of a live month': `
    select m.line_id from payment_line_month m join payment_line l using (person_id, line_id)
    join subsidy_month s on (s.person_id, s.month, s.application_id) = (m.person_id, m.month, m.application_id)
    where m.live and l.state in ('waiting', 'in-payment', 'unknown') and s.state <> 'live'`,
  'an officer has two parts on one case': `
    select application_id, officer from case_part group by 1, 2 having count(*) > 1`,
};

/** Violated invariants in words; empty if all hold. */
export async function brokenInvariants(database: {
  query(text: string): Promise<{ readonly rows: unknown[] }>;
}): Promise<string[]> {
  const broken: string[] = [];
  for (const [words, question] of Object.entries(questions)) {
    const { rows } = await database.query(question);
    if (rows.length > 0) broken.push(words);
  }
  return broken;
}

/** Checks repeatedly until `work` is done; returns everything that was ever violated. */
export async function brokenWhile({ pool }: Db, work: Promise<unknown>): Promise<string[]> {
  const broken = new Set<string>();
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) for (const words of await brokenInvariants(pool)) broken.add(words);
  await done;
  for (const words of await brokenInvariants(pool)) broken.add(words);
  return [...broken];
}
