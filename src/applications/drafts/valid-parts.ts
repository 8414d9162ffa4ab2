// Extracts the schema-valid parts of an applicant's body, so that business errors are answered together with schema
// errors. Pure.

import type { FieldError } from '../../platform/problem.ts';
import { type Channel, channels } from '../application/schemas.ts';
import { type SignedUndertaking, signatureMethods } from './schemas.ts';

/** A part is undefined if it was not sent or is invalid by the schema. */
export interface ValidParts {
  readonly identityNumber?: string | undefined;
  readonly name?: string | undefined;
  /** The account holder's name. */
  readonly payee?: string | undefined;
  readonly phone?: string | undefined;
  readonly contactName?: string | undefined;
  readonly contactPhone?: string | undefined;
  readonly agentName?: string | undefined;
  readonly agentNumber?: string | undefined;
  /** Parts that are there, valid or not. */
  readonly sent: readonly ('applicant' | 'phone' | 'contact' | 'agent')[];
  readonly accountNumber?: string | undefined;
  readonly holder?: string | undefined;
  readonly quarter?: string | undefined;
  readonly months?: readonly string[] | undefined;
  readonly streetCode?: string | undefined;
  readonly channel?: Channel | undefined;
  readonly since?: string | undefined;
  readonly undertaking?: SignedUndertaking | undefined;
}

/** @param schemaErrors the schema's errors in the body */
export function validPartsOf(body: unknown, schemaErrors: readonly FieldError[]): ValidParts {
  const pointers = schemaErrors.map(({ pointer }) => pointer);
  const isValid = (at: string) => !pointers.some((pointer) => `${pointer}/`.startsWith(`${at}/`));
  const text = (...path: readonly string[]): string | undefined => {
    const value = valueAt(body, path);
    return typeof value === 'string' && isValid(['/body', ...path].join('/')) ? value : undefined;
  };
  const months = valueAt(body, ['months']);
  return {
    identityNumber: text('applicant', 'identityNumber'),
    name: text('applicant', 'name'),
    payee: text('applicant', 'name'),
    phone: text('applicant', 'phone'),
    contactName: text('applicant', 'contact', 'name'),
    contactPhone: text('applicant', 'contact', 'phone'),
    agentName: text('agent', 'name'),
    agentNumber: text('agent', 'identityNumber'),
    sent: [
      ...(isSent(body, 'applicant') ? (['applicant'] as const) : []),
      ...(isSent(body, 'applicant', 'phone') ? (['phone'] as const) : []),
      ...(isSent(body, 'applicant', 'contact') ? (['contact'] as const) : []),
      ...((valueAt(body, ['agent']) ?? null) === null ? [] : (['agent'] as const)),
    ],
    accountNumber: text('account', 'number'),
    holder: text('account', 'holder'),
    quarter: text('quarter'),
    months: Array.isArray(months) && isValid('/body/months') ? months.map(String) : undefined,
    streetCode: text('household', 'streetCode'),
    channel: (Object.keys(channels) as Channel[]).find((one) => one === text('channel')), // the table's own keys
    since: text('work', 'since'),
    undertaking: isValid('/body/undertaking') ? signatureIn(text) : undefined,
  };
}

function signatureIn(
  text: (...path: readonly string[]) => string | undefined,
): SignedUndertaking | undefined {
  const version = text('undertaking', 'version');
  const signedAt = text('undertaking', 'signedAt');
  const method = readMethod(text('undertaking', 'method'));
  const sha256 = text('undertaking', 'sha256');
  if (version === undefined || signedAt === undefined || method === undefined) return undefined;
  return { version, signedAt, method, ...(sha256 === undefined ? {} : { sha256 }) };
}

/** Whether the part was sent, valid or not. */
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

function readMethod(written: string | undefined): SignedUndertaking['method'] | undefined {
  // Object.keys loses the words.
  const methods = Object.keys(signatureMethods) as SignedUndertaking['method'][];
  return methods.find((one) => one === written);
}
