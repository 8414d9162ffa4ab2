// The kinds of flags: title, what an approval of a flagged case needs, and who sees it.

export interface FlagKind {
  readonly title: string;
  /**
   * What an approval needs: nothing; the reviewer's confirmation; a confirmation with a reason; or that its cause is
   * lifted, until which nobody can approve.
   */
  readonly needs: 'nothing' | 'confirmation' | 'reason' | 'lifting';
  /** Whether platforms and applicants see it. */
  readonly isForPlatforms: boolean;
}

export const flagKinds = {
  'late-claim': { title: '较晚申请', needs: 'nothing', isForPlatforms: true },
  // A platform that guesses names must not learn which name a register has.
  'names-differ': { title: '各来源姓名不一致', needs: 'nothing', isForPlatforms: false },
  barred: { title: '因虚假材料取消申请资格', needs: 'lifting', isForPlatforms: true },
  // A platform gets only the advice to ask the street (eligibility/for-platforms.ts).
  died: { title: '申请人已去世', needs: 'reason', isForPlatforms: false },
  'open-debt': { title: '有应退未退的补贴', needs: 'confirmation', isForPlatforms: true },
  // Needs nothing: without a register or officer naming the household, local-household is unknown and prevents
  // approval.
  'household-unconfirmed': { title: '户籍所在街道尚未核实', needs: 'nothing', isForPlatforms: true },
  'household-elsewhere': { title: '户籍登记在其他街道', needs: 'reason', isForPlatforms: true },
  // A platform that tries numbers must not learn that another person has one.
  'shared-account': { title: '收款账户与他人相同', needs: 'reason', isForPlatforms: false },
  'under-appeal': { title: '正在行政复议、信访或申诉', needs: 'nothing', isForPlatforms: true },
  'shared-phone': { title: '联系电话与他人相同', needs: 'nothing', isForPlatforms: false },
} as const satisfies Record<string, FlagKind>;

export type FlagCode = keyof typeof flagKinds;

// Object.keys loses the literal names.
export const flagCodes = Object.keys(flagKinds) as FlagCode[];
