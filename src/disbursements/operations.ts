// The operations on disbursements, by subject: what routes and other features may call.

export * from './deaths.ts';
export * from './funds.ts';
export * from './gathering.ts';
export * from './lines.ts';
export * from './months.ts';
export * from './papers.ts';
export * from './payments.ts';
export * from './reissues.ts';
export * from './results.ts';
export * from './rosters.ts';
