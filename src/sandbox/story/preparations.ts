// What the sandbox prepares so that an operation can be tried which ends or turns a case: another case, in the
// state in which the operation is possible. The case of the examples goes on meanwhile.

import { addMonths, monthsOfQuarter } from '../../values/days.ts';
import {
  accountProposed,
  contested,
  debtAndMonth,
  deceased,
  drawn,
  excluded,
  lineGathered,
  listed,
  ofBar,
  ofCase,
  ofRecovery,
  owed,
  type Prepared,
  type Versioned,
} from './cases.ts';
import { cleanRecords, recordOf, street } from './people.ts';
import { handler, payer, platform, reviewer, type Steps, secondReviewer, window } from './steps.ts';

interface Preparation {
  /** For the person at the page. Chinese. */
  readonly title: string;
  /** Who can carry out the operation on it. */
  readonly persona: string;
  readonly prepare: (steps: Steps) => Promise<Prepared>;
}

const otherStreet = '360203003';

/** By the operation's name. */
export const preparations: ReadonlyMap<string, Preparation> = new Map(
  Object.entries<Preparation>({
    continueApplication: {
      title: '另一人已批准的上一季度申请，其后的月份可以续申',
      persona: platform,
      prepare: async ({ approved, deliver, resident, quarter }) => {
        const somebody = await resident();
        const [first] = monthsOfQuarter(quarter());
        const before = addMonths(first, -1);
        await deliver(cleanRecords(somebody, [before]));
        return ofCase(await approved(somebody, [before]));
      },
    },
    followApplication: {
      title: '另一件已提交的申请',
      persona: platform,
      prepare: async ({ submitted, resident }) => {
        const { identityNumber, name, ...somebody } = await resident();
        const { caseNumber } = await submitted({ identityNumber, name, ...somebody });
        return { values: { identityNumber, name, caseNumber } };
      },
    },
    withdrawApplication: {
      title: '另一件已提交的申请',
      persona: platform,
      prepare: async ({ submitted, resident }) => ofCase(await submitted(await resident())),
    },
    transferApplication: {
      title: '另一件申请，申请人户籍登记在里村街道',
      persona: handler,
      prepare: async ({ deliver, submitted, resident }) => {
        const somebody = await resident();
        const submission = await submitted(somebody);
        await deliver([
          recordOf('household', somebody, { version: 2, from: '1990-01-01', street: otherStreet }),
        ]);
        return ofCase(submission);
      },
    },
    requestCorrection: {
      title: '另一件已提交的申请',
      persona: handler,
      prepare: async ({ submitted, resident }) => ofCase(await submitted(await resident())),
    },
    declineApplication: {
      title: '另一件已提交的申请，申请人被列入失信名单',
      persona: handler,
      prepare: async (steps) => ofCase(await excluded(steps, 'submitted')),
    },
    acceptApplications: {
      title: '另一件已提交的申请',
      persona: handler,
      prepare: async ({ submitted, resident }) => listed(await submitted(await resident())),
    },
    attestRecords: {
      title: '另一件已受理的申请',
      persona: handler,
      prepare: async ({ accepted, resident }) => listed(await accepted(await resident())),
    },
    compareApplications: {
      title: '另一件已受理的申请',
      persona: reviewer,
      prepare: async ({ accepted, resident }) => listed(await accepted(await resident())),
    },
    recordNoticeDeliveries: {
      title: '另一件申请的受理告知书',
      persona: window,
      prepare: async ({ accepted, resident, call }) => {
        const { id } = await accepted(await resident());
        const { items } = await call<{ readonly items: readonly Versioned[] }>(
          window,
          'GET',
          `/v1/notices?applicationId=${id}`,
        );
        return { values: { noticeId: items[0]?.id ?? '', version: items[0]?.version ?? 0 } };
      },
    },
    verifyRosters: {
      title: '另一批次中待核对的名单',
      persona: window,
      prepare: async ({ approved, resident, gathered }) => {
        await approved(await resident());
        const { id: disbursementId, version } = await gathered();
        return { values: { disbursementId, streetCode: street, version } };
      },
    },
    decideApplications: {
      title: '另一件已受理、已比对的申请',
      persona: reviewer,
      prepare: async ({ accepted, compared, resident }) => {
        const application = await accepted(await resident());
        const { id: comparisonId } = await compared(application);
        const { id: applicationId, version } = application;
        return { values: { applicationId, version, comparisonId } };
      },
    },
    getQualityReview: {
      title: '另一件不予批准、被抽取复核的申请',
      persona: reviewer,
      prepare: async (steps) => await drawn(steps),
    },
    confirmDecision: {
      title: '另一件不予批准、被抽取复核的申请',
      persona: secondReviewer,
      prepare: async (steps) => await drawn(steps),
    },
    sendBackDecision: {
      title: '另一件不予批准、被抽取复核的申请',
      persona: secondReviewer,
      prepare: async (steps) => await drawn(steps),
    },
    undoDecision: {
      title: '另一件已批准、尚未发放的申请',
      persona: secondReviewer,
      prepare: async ({ approved, resident }) => ofCase(await approved(await resident())),
    },
    withdrawAppeal: {
      title: '另一件已批准、申请人提出申诉的申请',
      persona: platform,
      prepare: async (steps) => {
        const { appealId, version } = await contested(steps);
        return { values: { appealId }, version };
      },
    },
    decideAppeal: {
      title: '另一件已批准、申请人提出申诉的申请，已上传结果文书',
      persona: secondReviewer,
      prepare: async (steps) => {
        const { application, appealId, version } = await contested(steps);
        const paperId = await steps.addPaper(application, 'appeal-paper');
        return { values: { appealId, paperId }, version };
      },
    },
    releaseHold: {
      title: '另一批次中被暂缓的一行',
      persona: window,
      prepare: async (steps) => {
        const { values } = await lineGathered(steps);
        const { disbursementId, lineId } = values;
        const body = { reason: '本人反映已于上月底到企业上班，待核实' };
        await steps.call(window, 'POST', `/v1/disbursements/${disbursementId}/lines/${lineId}/hold`, {
          body,
        });
        return { values };
      },
    },
    holdLine: {
      title: '另一批次中待核对的一行',
      persona: window,
      prepare: async (steps) => await lineGathered(steps),
    },
    cancelDisbursement: {
      title: '另一个待核对的批次',
      persona: payer,
      prepare: async ({ approved, resident, gathered }) => {
        await approved(await resident());
        const { id: disbursementId, version } = await gathered();
        return { values: { disbursementId }, version };
      },
    },
    proposeHeir: {
      title: '另一件已批准的申请，申请人此后去世，已上传死亡证明和亲属关系证明',
      persona: window,
      prepare: async (steps) => {
        const application = await deceased(steps);
        const deathCertificateId = await steps.addPaper(application, 'death-certificate');
        const relationProofId = await steps.addPaper(application, 'kinship-proof');
        return { values: { applicationId: application.id, deathCertificateId, relationProofId } };
      },
    },
    closeAfterDeath: {
      title: '另一件已批准的申请，申请人此后去世',
      persona: handler,
      prepare: async (steps) => ({ values: { applicationId: (await deceased(steps)).id } }),
    },
    confirmReissue: {
      title: '另一笔发放失败、已提出更正账户的款项',
      persona: reviewer,
      prepare: async ({ approved, resident, settled, linesOf, call }) => {
        await approved(await resident());
        const { id: disbursementId } = await settled('failed');
        const [line] = await linesOf({ id: disbursementId }, 'failed');
        const lineId = line?.lineId ?? '';
        const account = { bank: '景德镇农商银行', number: '6217000000000000126' };
        const body = { account, reason: '持卡人更换社会保障卡，已核对新卡' };
        const url = `/v1/disbursements/${disbursementId}/lines/${lineId}/reissue`;
        await call(payer, 'POST', url, { body });
        return { values: { disbursementId, lineId } };
      },
    },
    correctApplicantName: {
      title: '另一件已批准的申请，另附身份证复印件',
      persona: window,
      prepare: async ({ approved, resident, addPaper }) => {
        const application = await approved(await resident());
        const materialId = await addPaper(application, 'identity-card');
        return { values: { applicationId: application.id, materialId } };
      },
    },
    confirmPayeeChange: {
      title: '另一件已批准的申请，申请人已提出更改收款账户',
      persona: handler,
      prepare: async (steps) => await accountProposed(steps),
    },
    rejectPayeeChange: {
      title: '另一件已批准的申请，申请人已提出更改收款账户',
      persona: handler,
      prepare: async (steps) => await accountProposed(steps),
    },
    dismissRecovery: {
      title: '另一笔疑似应追回的补贴',
      persona: handler,
      prepare: async ({ approved, resident, suspected, quarter }) => {
        const [month] = monthsOfQuarter(quarter());
        return ofRecovery(await suspected(await approved(await resident()), month));
      },
    },
    recordRepayment: {
      title: '另一笔已确认追回、尚未退还的补贴',
      persona: payer,
      prepare: async (steps) => ofRecovery(await owed(steps)),
    },
    reverseRecovery: {
      title: '另一笔已确认追回、已经退还的补贴',
      persona: reviewer,
      prepare: async (steps) => {
        const { id, version } = await owed(steps);
        const body = { amountFen: 50_000, reference: '退款凭证 2025-0007', receivedOn: steps.today() };
        const url = `/v1/recoveries/${id}/repayments`;
        return ofRecovery(await steps.call(payer, 'POST', url, { body, version }));
      },
    },
    setOffRecovery: {
      title: '另一笔应追回的补贴，本人另有待发放的月份并同意抵扣',
      persona: payer,
      prepare: async (steps) => await debtAndMonth(steps),
    },
    reverseSetOff: {
      title: '另一笔已用待发放的月份抵扣的追回',
      persona: payer,
      prepare: async (steps) => {
        const { values, version } = await debtAndMonth(steps);
        const { recoveryId, ...body } = values;
        const url = `/v1/recoveries/${recoveryId}/set-offs`;
        const { setOffs, ...recovery } = await steps.call<{
          readonly version: number;
          readonly setOffs: readonly { readonly id: string }[];
        }>(payer, 'POST', url, { body, version });
        return { values: { ...values, setOffId: setOffs[0]?.id ?? '' }, version: recovery.version };
      },
    },
    adoptPolicy: {
      title: '另一项已预演的政策变动提议',
      persona: 'second-administrator',
      prepare: async ({ policyProposed }) => ({ values: { policyProposalId: await policyProposed() } }),
    },
    rejectPolicy: {
      title: '另一项政策变动提议',
      persona: 'administrator',
      prepare: async ({ policyProposed }) => ({ values: { policyProposalId: await policyProposed() } }),
    },
    confirmBar: {
      title: '另一人被报告使用虚假材料，尚未核定任何月份',
      persona: reviewer,
      prepare: async ({ accepted, resident, reported }) =>
        ofBar(await reported(await accepted(await resident()))),
    },
    dismissBar: {
      title: '另一人被报告使用虚假材料，尚未核定任何月份',
      persona: handler,
      prepare: async ({ accepted, resident, reported }) =>
        ofBar(await reported(await accepted(await resident()))),
    },
    liftBar: {
      title: '另一人已被取消申请补贴资格，没有应退未退的补贴',
      persona: secondReviewer,
      prepare: async ({ accepted, resident, reported, call, today }) => {
        const { id, version } = await reported(await accepted(await resident()));
        const body = { heardOn: today(), heardHow: 'phone' };
        const url = `/v1/bars/${id}/confirmation`;
        return ofBar(await call(reviewer, 'POST', url, { body, version }));
      },
    },
  }),
);
