// What every peer of a request is told at its start, and what all of them do alike: find the reader of a token without
// verifying it, and open what is encrypted with the service's keys.

import { readFileSync } from 'node:fs';
import { openDatabase } from '../../src/platform/database/connect.ts';
import { readMasterKeys } from '../../src/platform/encryption/data-keys.ts';
import { readEncryption } from '../../src/platform/encryption/open-encryption.ts';
import { readAccountNumber } from '../../src/values/account-number.ts';
import { maskNumber } from '../../src/values/mask.ts';
import { normaliseName } from '../../src/values/names.ts';
import type { WorkingCalendar } from '../../src/values/working-days.ts';
import { morning } from '../morning.ts';

export interface PeerReader {
  readonly bearer: string;
  readonly isPlatform: boolean;
  /** The values of `scopeStatement`: whose rows this reader sees. */
  readonly rows: readonly string[];
}

export interface PeerSettings {
  readonly port: number;
  readonly databaseUrl: string;
  readonly masterKeyFile: string;
  readonly poolSize: number;
  readonly today: string;
  /** How many quarters back a claim is in time, and the working days for an acceptance. */
  readonly lateQuarters: number;
  readonly acceptanceDays: number;
  readonly readers: readonly PeerReader[];
  /** The service's answer to a foreign case, with a place for the id of the request. */
  readonly notFound: string;
  readonly scopeStatement: string;
}

/** For the whole session, and so for the statement in the same flight; each request sets every one anew. */
export const scopeStatement = `select set_config('subsidy.actor', $1, false), set_config('subsidy.caller', $2, false),
  set_config('subsidy.city', $3, false), set_config('subsidy.agency', $4, false), set_config('subsidy.street', $5, false),
  set_config('subsidy.client', $6, false), set_config('subsidy.person', '', false)`;

/** As the service's connections, and planned once: a plan for each set of values costs more than the statement. */
export const sessionOptions =
  '-c TimeZone=UTC -c search_path=public -c jit=off -c random_page_cost=1.1 -c plan_cache_mode=force_generic_plan';

export const requestIdPlace = '@request@';

/** Read once, at the start of a peer that keeps it in memory. */
export async function readCalendar(source: {
  query<Row>(text: string): Promise<{ rows: Row[] }>;
}): Promise<WorkingCalendar> {
  const { rows: years } = await source.query<{ year: number }>('select year from working_calendar_year');
  const { rows: days } = await source.query<{ day: string; works: boolean }>(
    'select day::text, works from working_calendar_exception',
  );
  return {
    years: new Set(years.map(({ year }) => year)),
    exceptions: new Map(days.map(({ day, works }) => [day, works])),
  };
}

export type Peer = Awaited<ReturnType<typeof openPeer>>;

export async function openPeer() {
  const settings = JSON.parse(process.argv[2] ?? '') as PeerSettings; // written by ../processes.ts
  const db = openDatabase({
    url: settings.databaseUrl,
    poolSize: 1,
    random: Math.random,
    onIdleError: () => {},
  });
  const masterKeys = readMasterKeys(readFileSync(settings.masterKeyFile, 'utf8'));
  const encryption = await readEncryption(db, masterKeys, () => morning);
  await db.close();
  const readers = new Map(settings.readers.map((reader) => [`Bearer ${reader.bearer}`, reader]));
  return {
    settings,
    encryption,
    readerOf(authorization: string | undefined): PeerReader {
      const reader = readers.get(authorization ?? '');
      if (reader === undefined) throw new Error('nobody is known by this token');
      return reader;
    },
    notFound: (requestId: string) => settings.notFound.replace(requestIdPlace, requestId),
    /** The name whole, the phone masked, the account whole. */
    applicantOf(
      { personId, applicationId }: { personId: string; applicationId: string },
      name: Buffer,
      phone: Buffer,
      account: Buffer,
    ) {
      const row = `${personId} ${applicationId}`;
      const open = (value: Buffer, column: string) =>
        encryption.decrypt(value, { table: 'application', column, row });
      return {
        name: open(name, 'name_encrypted'),
        phone: maskNumber(open(phone, 'phone_encrypted')),
        account: open(account, 'account_encrypted'),
      };
    },
    /** @param nameHashes the newest spelling of each source, for officers; the sample has no other than the case's */
    warningsOf(name: string, accountNumber: string, nameHashes: readonly Buffer[] | null) {
      const ownHash = nameHashes === null ? null : encryption.digest('name', normaliseName(name));
      if (ownHash !== null && nameHashes?.some((hash) => !hash.equals(ownHash)))
        throw new Error('a register spells this name otherwise');
      const account = readAccountNumber(accountNumber, '/account/number');
      const detail = '账号校验位不符，可能填错，请与申请人核对；确认无误可忽略。';
      return 'value' in account && account.value.failsLuhn
        ? [{ pointer: '/account/number', code: 'luhn-fails', detail }]
        : [];
    },
  };
}
