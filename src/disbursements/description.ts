// A disbursement and its rosters as their readers see them: a street its own part, people masked.

import type { View } from '../act.ts';
import { Refusal } from '../http/problem.ts';
import { maskName } from '../rules/names.ts';
import type { DisbursementAnswer } from './schemas.ts';
import type { DisbursementRow } from './standing.ts';
import { disbursementStates } from './states.ts';
import * as store from './store.ts';

export async function describe(view: View, row: DisbursementRow): Promise<DisbursementAnswer> {
  const { disbursementId } = row;
  const rosters = await store.listRosters(view.tx, disbursementId);
  const visibleRosters = rosters.filter(
    (roster) => view.sight.relation !== 'street' || roster.streetCode === view.sight.code,
  );
  const request = await store.findFundRequest(view.tx, disbursementId);
  const file = await store.findPaymentFile(view.tx, disbursementId);
  return {
    id: disbursementId,
    version: row.version,
    number: row.disbursementNumber,
    agencyCode: row.agencyCode,
    state: row.state,
    progress: { ...disbursementStates[row.state] },
    createdAt: row.createdAt,
    lineCount: visibleRosters.reduce((sum, roster) => sum + Number(roster.lineCount), 0),
    amountFen: visibleRosters.reduce((sum, roster) => sum + roster.amountFen, 0),
    rosters: visibleRosters.map((roster) => ({
      streetCode: roster.streetCode,
      streetName: roster.name,
      lineCount: Number(roster.lineCount),
      amountFen: roster.amountFen,
      verifiedAt: roster.verifiedAt,
    })),
    fundRequest:
      request === undefined
        ? null
        : { lineCount: request.lineCount, amountFen: request.amountFen, requestedAt: request.requestedAt },
    paymentFile:
      file === undefined
        ? null
        : {
            batchNumber: file.batchNumber,
            lineCount: file.lineCount,
            amountFen: file.amountFen,
            sha256: file.contentDigest.toString('hex'),
            madeAt: file.madeAt,
          },
  };
}

export async function describeRoster(view: View, disbursement: DisbursementRow, streetCode: string) {
  const { disbursementId, version } = disbursement;
  const rosters = await store.listRosters(view.tx, disbursementId);
  const roster = rosters.find((candidate) => candidate.streetCode === streetCode);
  if (roster === undefined) throw new Refusal('not-found');
  const lines = await store.listLines(view.tx, disbursementId, streetCode);
  const months = Map.groupBy(await store.listLineMonths(view.tx, disbursementId), (month) => month.lineId);
  return {
    disbursementId,
    version,
    streetCode,
    verifiedAt: roster.verifiedAt,
    lines: lines.map((line) => ({
      lineId: line.lineId,
      caseNumber: line.caseNumber,
      name: maskName(
        view.sealer.open(line.nameSealed, {
          table: 'application',
          column: 'name_sealed',
          row: `${line.personId} ${line.applicationId}`,
        }),
      ),
      identityNumber: line.identityMasked,
      account: line.accountMasked,
      months: (months.get(line.lineId) ?? []).map((month) => month.month),
      amountFen: line.amountFen,
      state: line.state,
      failure: line.failure,
      holdReason: line.holdReason,
    })),
  };
}
