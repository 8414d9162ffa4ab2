// Rehearses a change of policy values on past cases 政策变动预演: assesses each over its own snapshot, under the
// published policy and under the changed one. Pure; stores nothing.

import { type AssessedMonth, type Assessment, assess, type Claim } from '../../rules/assess.ts';
import type { CheckCode } from '../../rules/checks.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { fixTerm, importTerm, type Term } from '../../rules/term.ts';
import type { Day, Month } from '../../values/days.ts';
import { readSnapshot } from '../comparison/snapshot.ts';

export interface DecidedCase {
  readonly personId: string;
  readonly applicationId: string;
  readonly agencyCode: string;
  /** The person's birth date, which snapshots do not contain. */
  readonly born: Day;
  readonly snapshot: string;
}

/** The policy under which a case was decided, and the changed one. */
export interface JudgedBy {
  readonly asPublished: Policy;
  readonly changed: Policy;
}

export type Direction = 'gains' | 'loses' | 'both' | 'neither';

export interface ChangedMonth {
  readonly month: Month;
  readonly from: AssessedMonth['outcome'];
  readonly to: AssessedMonth['outcome'];
  readonly fromFen: number;
  readonly toFen: number;
  /** The checks whose answer changes; empty if only the amount does. */
  readonly reasons: readonly { readonly check: CheckCode; readonly from: string; readonly to: string }[];
}

export interface RehearsedCase {
  readonly personId: string;
  readonly applicationId: string;
  readonly agencyCode: string;
  readonly beforeFen: number;
  readonly afterFen: number;
  readonly direction: Direction;
  /** Empty if nothing would change. */
  readonly months: readonly ChangedMonth[];
}

/** What a person's earlier cases in the period would have changed for later ones. */
export interface Carried {
  readonly gained: readonly Month[];
  readonly lost: readonly Month[];
  /** The term as an earlier case would have left it; null if unchanged. */
  readonly term: { readonly fixed: Term | null } | null;
}
export const nothingCarried: Carried = { gained: [], lost: [], term: null };

/**
 * Assesses a decided case under changed values. Months that an earlier case would have gained or lost count as granted
 * or not granted here. The term is the one that the first approval would have fixed under the changed values on its own
 * day.
 */
export function rehearse(
  decided: DecidedCase,
  { asPublished, changed }: JudgedBy,
  carried: Carried,
): { readonly result: RehearsedCase; readonly carried: Carried } {
  const { claim } = readSnapshot(decided.snapshot, decided.born);
  const before = assess(claim, asPublished);
  const term = carried.term === null ? termUnder(claim, asPublished, changed) : carried.term.fixed;
  const after = assess(carryOver({ ...claim, term }, carried), changed);
  const months = changedMonths(before, after);
  const { personId, applicationId, agencyCode } = decided;
  const result = {
    personId,
    applicationId,
    agencyCode,
    beforeFen: before.amountFen,
    afterFen: after.amountFen,
    direction: directionOf(months),
    months,
  };
  const fixesAnother = term === null && approves(after) !== (claim.term === null && approves(before));
  const fixed = approves(after) ? fixTerm(claim.decidedOn, claim.person, claim.facts, changed) : null;
  return { result, carried: carryOn(carried, months, fixesAnother ? { fixed } : carried.term) };
}

/** The first approval fixes the term, so an earlier or missing first approval changes the term of later cases. */
function approves({ months }: Assessment): boolean {
  return months.some(({ outcome }) => outcome === 'payable');
}

/** The stored term, unless the changed values would have fixed another on the same day from the same facts. */
function termUnder({ term, person, facts }: Claim, policy: Policy, changed: Policy): Term | null {
  if (term === null) return null;
  const isImported = facts.some(
    (fact) => fact.kind === 'prior-benefit' && fact.firstApprovedOn === term.firstApprovedOn,
  );
  const fixedBy = (values: Policy) =>
    isImported
      ? importTerm(term, person, facts, values)
      : fixTerm(term.firstApprovedOn, person, facts, values);
  const [as, otherwise] = [fixedBy(policy), fixedBy(changed)];
  const isSame = as.near === otherwise.near && as.cap === otherwise.cap;
  return isSame ? term : otherwise;
}

function carryOver(claim: Claim, { gained, lost }: Carried): Claim {
  if (gained.length === 0 && lost.length === 0) return claim;
  const kept = claim.liveMonths.filter((month) => !lost.includes(month));
  const liveMonths = [...new Set([...kept, ...gained])].sort();
  const usedMonths = claim.usedMonths + liveMonths.length - claim.liveMonths.length;
  return { ...claim, liveMonths, usedMonths };
}

function carryOn({ gained, lost }: Carried, months: readonly ChangedMonth[], term: Carried['term']): Carried {
  const of = (is: (month: ChangedMonth) => boolean) => months.filter(is).map(({ month }) => month);
  return { gained: [...gained, ...of(isGained)], lost: [...lost, ...of(isLost)], term };
}

function isGained({ from, to }: ChangedMonth): boolean {
  return to === 'payable' && from !== 'payable';
}

function isLost({ from, to }: ChangedMonth): boolean {
  return from === 'payable' && to !== 'payable';
}

function directionOf(months: readonly ChangedMonth[]): Direction {
  const gains = months.some((month) => isGained(month) || (!isLost(month) && month.toFen > month.fromFen));
  const loses = months.some((month) => isLost(month) || (!isGained(month) && month.toFen < month.fromFen));
  if (gains && loses) return 'both';
  if (gains) return 'gains';
  return loses ? 'loses' : 'neither';
}

function changedMonths(before: Assessment, after: Assessment): ChangedMonth[] {
  return before.months.flatMap((was, index) => {
    const is = after.months[index];
    if (is === undefined) throw new Error('both were asked about the same months');
    if (was.outcome === is.outcome && was.amountFen === is.amountFen) return [];
    const reasons = was.checks.flatMap(({ code, answer }, place) => {
      const now = is.checks[place]?.answer ?? answer;
      return now === answer ? [] : [{ check: code, from: answer, to: now }];
    });
    const { month } = was;
    return [
      { month, from: was.outcome, to: is.outcome, fromFen: was.amountFen, toFen: is.amountFen, reasons },
    ];
  });
}
