// The operations on disbursements, by subject: what routes and other features may call.

export * from '../bank/payments.ts';
export * from '../bank/results.ts';
export * from '../deaths/operations.ts';
export * from '../funds/funds.ts';
export * from '../lines/months.ts';
export * from '../lines/operations.ts';
export * from '../reissues/reissues.ts';
export * from '../rosters/papers.ts';
export * from '../rosters/rosters.ts';
export * from './gathering.ts';
