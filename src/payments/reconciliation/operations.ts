// Reconciles the money of an agency, a disbursement or a person: each figure, its details, and the equations that must
// hold between the ledger and the facts.

import type { ReadContext } from '../../platform/context.ts';
import { type Subject, sumCells, sumFigures } from '../../platform/figures.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { findPerson } from '../../registers/people/operations.ts';
import { found } from '../disbursement/lifecycle.ts';
import { sumAccounts } from '../ledger/store.ts';
import { chainOfAgency, chainOfPerson, type Figures, nothing } from './chain.ts';
import { listEntries } from './entry-store.ts';
import { type Equation, equationsOfDisbursement } from './equations.ts';
import {
  cellsOfChain,
  cellsOfPerson,
  type Figure,
  listClaims,
  sumFunds,
  sumLineStates,
  takePersonOfAgency,
} from './facts-store.ts';
import { type CashFigure, type ClaimFigure, cashAccounts } from './figures.ts';

interface ReconciliationQuery {
  readonly agencyCode: string;
  readonly quarter?: string;
}

/** The money of every agency and quarter. */
export const chainCounted: Subject = { name: 'chain', cells: ({ tx }) => cellsOfChain(tx) };

/**
 * The reconciliation of an agency, or of one quarter of it, as of the last count in a large city, or else as of now. Without an
 * agency: the caller's own, or the sum over all of them.
 *
 * @throws Problem not-found for another agency's
 */
export async function getReconciliation(context: ReadContext, asked: Partial<ReconciliationQuery>) {
  const { scope } = context;
  const own = scope.relation === 'agency' ? scope.code : undefined;
  const { agencyCode: code = own, quarter } = asked;
  if (code !== undefined) refuseOtherAgency(context, code);
  context.shows([]);
  const query = { agencyCode: code, quarter };
  const agencyCode = code === undefined ? ('each' as const) : [code];
  const cells = [
    { where: { agencyCode, quarter: quarter === undefined ? ('each' as const) : [quarter] } },
    ...(quarter === undefined ? [{ where: { agencyCode } }] : []),
  ];
  const { asOf, sums } = await sumFigures(context, chainCounted, cells);
  const [quarters, all] = sums;
  const chain = chainOfAgency(quarters?.get('') ?? {}, quarter === undefined ? (all?.get('') ?? {}) : null);
  return answer(query, asOf, chain);
}

/**
 * The cases and months behind one figure.
 *
 * @throws Problem not-found for another agency's
 */
export async function listReconciliationMonths(
  context: ReadContext,
  query: ReconciliationQuery & { figure: ClaimFigure; limit?: number; after?: string },
) {
  refuseOtherAgency(context, query.agencyCode);
  const request = pageRequest(query);
  const { found: rows, after } = await listClaims(context.tx, query, query.figure, request);
  const found = page(rows, request, (row) => row.applicationId, after);
  context.shows(found.items.map(({ personId }) => personId));
  return found;
}

/**
 * The ledger entries behind a cash figure; their signed amounts add up to it.
 *
 * @throws Problem not-found for another agency's
 */
export async function listReconciliationEntries(
  context: ReadContext,
  query: ReconciliationQuery & { figure: CashFigure; limit?: number; after?: string },
) {
  refuseOtherAgency(context, query.agencyCode);
  const request = pageRequest(query, entryNumber);
  const rows = await listEntries(context.tx, query, cashAccounts[query.figure], request);
  const found = page(rows, request, ({ entryNumber: number }) => number);
  context.shows(found.items.flatMap(({ personId }) => personId ?? []));
  return found;
}

const entryNumber = /^[1-9]\d{0,18}$/;

/**
 * A person's cases and months behind one figure, at every agency that ever handled them.
 *
 * @throws Problem not-found
 */
export async function listPersonReconciliationMonths(
  context: ReadContext,
  personId: string,
  query: { figure: ClaimFigure; limit?: number; after?: string },
) {
  await refuseUnseenPerson(context, personId);
  const request = pageRequest(query);
  context.shows([personId]);
  const { found, after } = await listClaims(context.tx, { personId }, query.figure, request);
  return page(found, request, (row) => row.applicationId, after);
}

/**
 * The reconciliation of one disbursement, in lines. Figures that do not apply to a disbursement, such as approvals, are
 * null.
 *
 * @throws Problem not-found
 */
export async function getDisbursementReconciliation(context: ReadContext, disbursementId: string) {
  const { agencyCode } = await found(context, disbursementId);
  if (!isInScope(context, agencyCode)) throw new Problem('not-found');
  context.shows([]);
  const about = { agencyCode, disbursementId };
  return answer(about, context.at.toString(), await figuresOfDisbursement(context, disbursementId));
}

/**
 * The reconciliation of one person over every agency that ever handled them, because one agency may have paid what
 * another recovered.
 *
 * @throws Problem not-found
 */
export async function getPersonReconciliation(context: ReadContext, personId: string) {
  await refuseUnseenPerson(context, personId);
  context.shows([personId]);
  const [sums] = await sumCells(context.tx, cellsOfPerson(personId), [{ where: { quarter: 'each' } }]);
  return answer({ personId }, context.at.toString(), chainOfPerson(sums?.get('') ?? {}));
}

/** @throws Problem not-found for a person who never had a case in scope */
async function refuseUnseenPerson(context: ReadContext, personId: string): Promise<void> {
  const { scope } = context;
  const code = scope.relation === 'agency' ? scope.code : null;
  const isSeen =
    scope.relation === 'city' || (code !== null && (await takePersonOfAgency(context.tx, personId, code)));
  if (!isSeen || (await findPerson(context, personId)) === undefined) throw new Problem('not-found');
}

function answer(
  about: {
    agencyCode?: string | undefined;
    quarter?: string | undefined;
    disbursementId?: string;
    personId?: string;
  },
  asOf: string,
  { figures, equations }: { figures: Figures; equations: Equation[] },
) {
  const { agencyCode = null, quarter = null, disbursementId = null, personId = null } = about;
  const balanced = equations.every(({ holds }) => holds);
  return { agencyCode, quarter, disbursementId, personId, asOf, figures, equations, balanced };
}

/** Counts are numbers of lines here. */
async function figuresOfDisbursement(context: ReadContext, disbursementId: string) {
  const accounts = await sumAccounts(context.tx, disbursementId);
  const lines = await sumLineStates(context.tx, disbursementId);
  const funds = await sumFunds(context.tx, disbursementId);
  const of = (state: Parameters<typeof lines.get>[0]): Figure =>
    lines.get(state) ?? { count: 0, amountFen: 0 };
  const figures: Figures = {
    ...nothing,
    ...funds,
    waiting: of('waiting'),
    held: of('held'),
    inPayment: sumOf(of('in-payment'), of('unknown')),
    unknown: of('unknown'),
    paid: of('paid'),
    failed: of('failed'),
    returned: of('returned'),
    unspent: { count: null, amountFen: accounts.get('unspent') ?? 0 },
  };
  return { figures, equations: equationsOfDisbursement(accounts, lines, funds) };
}

function refuseOtherAgency(context: ReadContext, agencyCode: string): void {
  if (isInScope(context, agencyCode)) return;
  const fieldError: FieldError = {
    pointer: '/query/agencyCode',
    code: 'not-found',
    detail: '不在您的管辖范围内，请改为您管辖的机构或街道（乡镇）。',
  };
  throw new Problem('not-found', { fieldErrors: [fieldError] });
}

function isInScope({ scope }: ReadContext, agencyCode: string): boolean {
  return scope.relation === 'city' || (scope.relation === 'agency' && scope.code === agencyCode);
}

function sumOf(...figures: readonly Figure[]): Figure {
  return {
    count: figures.reduce((sum, { count }) => sum + count, 0),
    amountFen: figures.reduce((sum, { amountFen }) => sum + amountFen, 0),
  };
}
