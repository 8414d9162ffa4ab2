// What of a request has its form, so that it can be judged even where the rest has not. Pure.

import type { FieldError } from '../../platform/problem.ts';
import { type Channel, channels } from '../application/schemas.ts';
import { type SignedUndertaking, signatureMethods } from './schemas.ts';

/** What is undefined was not sent, or has been told of already. */
export interface Entered {
  readonly identityNumber?: string | undefined;
  readonly name?: string | undefined;
  /** Whose account it has to be. */
  readonly payee?: string | undefined;
  readonly phone?: string | undefined;
  readonly accountNumber?: string | undefined;
  readonly holder?: string | undefined;
  readonly quarter?: string | undefined;
  readonly months?: readonly string[] | undefined;
  readonly streetCode?: string | undefined;
  readonly channel?: Channel | undefined;
  readonly since?: string | undefined;
  readonly undertaking?: SignedUndertaking | undefined;
}

/** The parts of an application's body at which no fault of its form points. */
export function enteredIn(body: unknown, formErrors: readonly FieldError[]): Entered {
  const pointers = formErrors.map(({ pointer }) => pointer);
  const isSound = (at: string) => !pointers.some((pointer) => `${pointer}/`.startsWith(`${at}/`));
  const text = (...path: readonly string[]): string | undefined => {
    const value = valueAt(body, path);
    return typeof value === 'string' && isSound(['/body', ...path].join('/')) ? value : undefined;
  };
  const months = valueAt(body, ['months']);
  return {
    identityNumber: text('applicant', 'identityNumber'),
    name: text('applicant', 'name'),
    payee: text('applicant', 'name'),
    phone: text('applicant', 'phone'),
    accountNumber: text('account', 'number'),
    holder: text('account', 'holder'),
    quarter: text('quarter'),
    months: Array.isArray(months) && isSound('/body/months') ? months.map(String) : undefined,
    streetCode: text('household', 'streetCode'),
    channel: (Object.keys(channels) as Channel[]).find((one) => one === text('channel')), // the table's own keys
    since: text('work', 'since'),
    undertaking: isSound('/body/undertaking') ? signatureIn(text) : undefined,
  };
}

function signatureIn(
  text: (...path: readonly string[]) => string | undefined,
): SignedUndertaking | undefined {
  const version = text('undertaking', 'version');
  const signedAt = text('undertaking', 'signedAt');
  const method = signatureMethods.find((one) => one === text('undertaking', 'method'));
  const sha256 = text('undertaking', 'sha256');
  if (version === undefined || signedAt === undefined || method === undefined) return undefined;
  return { version, signedAt, method, ...(sha256 === undefined ? {} : { sha256 }) };
}

/** Whether there is anything at all, sound or not. */
export function isSent(body: unknown, ...path: readonly string[]): boolean {
  return valueAt(body, path) !== undefined;
}

function valueAt(body: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Readonly<Record<string, unknown>>)[name]
        : undefined,
    body,
  );
}
