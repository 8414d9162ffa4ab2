// The kinds of flags: what each is called, what an approval of a flagged case needs, and who sees it.

export interface FlagKind {
  readonly title: string;
  /**
   * What an approval needs: nothing; that the reviewer confirms having seen the flag; a reason as well; or that its cause is
   * lifted, before which nobody can approve.
   */
  readonly needs: 'nothing' | 'confirmation' | 'reason' | 'lifting';
  /** Platforms and applicants see it too. */
  readonly isForPlatforms: boolean;
}

export const flagKinds = {
  'late-claim': { title: '较晚申请', needs: 'nothing', isForPlatforms: true },
  // A platform that guesses names must not be told which one a register has.
  'names-differ': { title: '各来源姓名不一致', needs: 'nothing', isForPlatforms: false },
  barred: { title: '因虚假材料取消申请资格', needs: 'lifting', isForPlatforms: true },
  // A platform is told of a death by the street alone (eligibility/for-platforms.ts).
  died: { title: '申请人已去世', needs: 'reason', isForPlatforms: false },
  'open-debt': { title: '有应退未退的补贴', needs: 'confirmation', isForPlatforms: true },
  // No approval comes of it: local-household is unknown until a register or an officer has said where the household is.
  'household-unconfirmed': { title: '户籍所在街道尚未核实', needs: 'nothing', isForPlatforms: true },
  'household-elsewhere': { title: '户籍登记在其他街道', needs: 'reason', isForPlatforms: true },
  // A platform that tries numbers must not learn that somebody else has one, let alone who.
  'shared-account': { title: '收款账户与他人相同', needs: 'reason', isForPlatforms: false },
  'shared-phone': { title: '联系电话与他人相同', needs: 'nothing', isForPlatforms: false },
} as const satisfies Record<string, FlagKind>;

export type FlagCode = keyof typeof flagKinds;

// Object.keys forgets the names it was given.
export const flagCodes = Object.keys(flagKinds) as FlagCode[];
