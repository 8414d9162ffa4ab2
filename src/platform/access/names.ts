// Who sees the applicant's name whole: the one place that decides it. Rows outside the reader's scope are not read at all.

import { maskName } from '../../values/names.ts';
import type { Role } from './actor.ts';

/**
 * The officers of a case, who deal with the person, and the platform for those who applied through it. Everyone else,
 * as the finance clerk or the service itself, gets the first character.
 */
const readers: ReadonlySet<string> = new Set<Role>([
  'platform',
  'street-officer',
  'handler',
  'reviewer',
  'payer',
  'auditor',
]);

/** @param role of a reader, or the one in a trace */
export function seesNames(role: string): boolean {
  return readers.has(role);
}

/** The name of the applicant of a case within the reader's scope, as this reader may see it. */
export function nameFor({ role }: { readonly role: string }, name: string): string {
  return seesNames(role) ? name : maskName(name);
}
