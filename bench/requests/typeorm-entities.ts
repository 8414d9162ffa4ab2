// The tables of a case as TypeORM's entities, for the peer of the kind that a team would write otherwise.

import { EntitySchema, type EntitySchemaColumnOptions, type EntitySchemaRelationOptions } from 'typeorm';

export interface ApplicationEntity {
  readonly personId: string;
  readonly applicationId: string;
  readonly caseNumber: string;
  readonly state: string;
  readonly version: number;
  readonly quarter: string;
  /** An array of a domain, which pg leaves as it is written: `{2025-04,2025-05}`. */
  readonly months: string;
  readonly channel: string;
  readonly streetCode: string;
  readonly agencyCode: string;
  readonly nameEncrypted: Buffer;
  readonly phoneEncrypted: Buffer;
  readonly contactRelation: string | null;
  readonly agentRelation: string | null;
  readonly bank: string;
  readonly accountEncrypted: Buffer;
  readonly accountMasked: string;
  readonly workKind: string;
  readonly workSince: string;
  readonly workPlace: string;
  readonly undertakingVersion: string | null;
  readonly undertakingDigest: Buffer | null;
  readonly undertakingSignedAt: Date | null;
  readonly undertakingSignedHow: string | null;
  readonly createdAt: Date;
  readonly submittedAt: Date | null;
  readonly acceptedAt: Date | null;
  readonly acceptanceReason: string | null;
  readonly closedAt: Date | null;
  readonly assignedTo: string | null;
  readonly timeLimit: string | null;
  readonly timeLimitDaysLeft: number | null;
  readonly timeLimitFrom: string | null;
  readonly timeLimitDueOn: string | null;
  readonly recordsChangedAt: Date | null;
  readonly householdStanding: string | null;
  readonly person: PersonEntity;
  readonly claims: { month: string; state: string; amountFen: string | null }[];
  readonly materials: MaterialEntity[];
  readonly parts: { officer: string; part: string; agencyCode: string; actedAt: Date }[];
  readonly corrections: CorrectionEntity[];
  readonly transfers: TransferEntity[];
  readonly payeeChanges: { state: string }[];
  readonly appeals: { state: string }[];
}

export interface PersonEntity {
  readonly identityMasked: string;
  readonly names: { source: string; nameHash: Buffer; learntAt: Date }[];
  readonly records: RecordEntity[];
  readonly deaths: { diedOn: string }[];
}

export interface RecordEntity {
  readonly recordId: string;
  readonly kind: string;
  readonly source: string;
  readonly sourceKey: string;
  readonly version: string;
  readonly fromDay: string;
  readonly toDay: string | null;
  readonly details: object;
  readonly removed: boolean;
}

export interface MaterialEntity {
  readonly materialId: string;
  readonly kind: string;
  readonly mediaType: string;
  readonly byteLength: number;
  readonly digest: Buffer;
  readonly addedAt: Date;
  readonly supersedes: string | null;
}

export interface CorrectionEntity {
  readonly noticeId: string;
  readonly round: number;
  readonly requestedAt: Date;
  readonly closedAt: Date | null;
  readonly items: {
    item: number;
    subject: string;
    problem: string;
    remedy: string;
    answeredAt: Date | null;
  }[];
}

export interface TransferEntity {
  readonly transferId: string;
  readonly fromAgency: string;
  readonly fromStreet: string;
  readonly toAgency: string;
  readonly toStreet: string;
  readonly reason: string;
  readonly transferredAt: Date;
}

export interface CoverageEntity {
  readonly coverageId: string;
  readonly kind: string;
  readonly source: string;
  readonly agencyCode: string | null;
  readonly personId: string | null;
  readonly throughMonth: string | null;
  readonly asOf: Date;
  readonly learntAt: Date;
}

export interface OfficerNameEntity {
  readonly account: string;
  readonly since: Date;
  readonly name: string | null;
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Column types by property; the keys are marked with `key `, and `?` allows null. */
function columnsOf(types: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(types).map(([property, written]): [string, EntitySchemaColumnOptions] => {
      const type = written.replace(/^key /, '').replace(/\?$/, '') as 'text'; // any type of PostgreSQL
      const primary = written.startsWith('key ');
      return [property, { name: snake(property), primary, nullable: written.endsWith('?'), type }];
    }),
  );
}

const toPerson: EntitySchemaRelationOptions = {
  type: 'many-to-one',
  target: 'person',
  joinColumn: { name: 'person_id', referencedColumnName: 'personId' },
};
const toApplication: EntitySchemaRelationOptions = {
  type: 'many-to-one',
  target: 'application',
  joinColumn: [
    { name: 'person_id', referencedColumnName: 'personId' },
    { name: 'application_id', referencedColumnName: 'applicationId' },
  ],
};
const many = (target: string, inverseSide: string): EntitySchemaRelationOptions => {
  return { type: 'one-to-many', target, inverseSide };
};

export const Application = new EntitySchema<ApplicationEntity>({
  name: 'application',
  columns: columnsOf({
    personId: 'key uuid',
    applicationId: 'key uuid',
    caseNumber: 'text',
    state: 'text',
    version: 'int',
    quarter: 'text',
    months: 'text',
    channel: 'text',
    streetCode: 'text',
    agencyCode: 'text',
    nameEncrypted: 'bytea',
    phoneEncrypted: 'bytea',
    contactRelation: 'text?',
    agentRelation: 'text?',
    bank: 'text',
    accountEncrypted: 'bytea',
    accountMasked: 'text',
    workKind: 'text',
    workSince: 'date',
    workPlace: 'text',
    undertakingVersion: 'text?',
    undertakingDigest: 'bytea?',
    undertakingSignedAt: 'timestamptz?',
    undertakingSignedHow: 'text?',
    createdAt: 'timestamptz',
    submittedAt: 'timestamptz?',
    acceptedAt: 'timestamptz?',
    acceptanceReason: 'text?',
    closedAt: 'timestamptz?',
    assignedTo: 'text?',
    timeLimit: 'text?',
    timeLimitDaysLeft: 'int?',
    timeLimitFrom: 'date?',
    timeLimitDueOn: 'date?',
    recordsChangedAt: 'timestamptz?',
    householdStanding: 'text?',
  }),
  relations: {
    person: toPerson,
    claims: many('subsidy_month', 'application'),
    materials: many('material', 'application'),
    parts: many('case_part', 'application'),
    corrections: many('correction', 'application'),
    transfers: many('case_transfer', 'application'),
    payeeChanges: many('payee_change', 'application'),
    appeals: many('appeal', 'application'),
  },
});

export const Coverage = new EntitySchema<CoverageEntity>({
  name: 'coverage',
  columns: columnsOf({
    coverageId: 'key uuid',
    kind: 'text',
    source: 'text',
    agencyCode: 'text?',
    personId: 'uuid?',
    throughMonth: 'text?',
    asOf: 'timestamptz',
    learntAt: 'timestamptz',
  }),
});

export const OfficerName = new EntitySchema<OfficerNameEntity>({
  name: 'officer_name',
  columns: columnsOf({ account: 'key text', since: 'key timestamptz', name: 'text?' }),
});

const parts: readonly [string, Record<string, string>, Record<string, EntitySchemaRelationOptions>][] = [
  [
    'person',
    { personId: 'key uuid', identityMasked: 'text' },
    {
      names: many('person_name', 'person'),
      records: many('record', 'person'),
      deaths: many('death', 'person'),
    },
  ],
  [
    'person_name',
    { personId: 'key uuid', source: 'key text', nameHash: 'key bytea', learntAt: 'timestamptz' },
    { person: toPerson },
  ],
  [
    'record',
    {
      personId: 'key uuid',
      recordId: 'key uuid',
      kind: 'text',
      source: 'text',
      sourceKey: 'text',
      version: 'bigint',
      fromDay: 'date',
      toDay: 'date?',
      details: 'jsonb',
      removed: 'boolean',
    },
    { person: toPerson },
  ],
  ['death', { personId: 'key uuid', diedOn: 'key date' }, { person: toPerson }],
  [
    'subsidy_month',
    {
      personId: 'key uuid',
      applicationId: 'key uuid',
      month: 'key text',
      state: 'text',
      amountFen: 'bigint?',
    },
    { application: toApplication },
  ],
  [
    'material',
    {
      personId: 'key uuid',
      materialId: 'key uuid',
      applicationId: 'uuid',
      kind: 'text',
      mediaType: 'text',
      byteLength: 'int',
      digest: 'bytea',
      addedAt: 'timestamptz',
      supersedes: 'uuid?',
    },
    { application: toApplication },
  ],
  [
    'case_part',
    {
      personId: 'key uuid',
      applicationId: 'key uuid',
      officer: 'key text',
      part: 'text',
      agencyCode: 'text',
      actedAt: 'timestamptz',
    },
    { application: toApplication },
  ],
  [
    'correction',
    {
      personId: 'key uuid',
      correctionId: 'key uuid',
      applicationId: 'uuid',
      noticeId: 'uuid',
      round: 'int',
      requestedAt: 'timestamptz',
      closedAt: 'timestamptz?',
    },
    { application: toApplication, items: many('correction_item', 'correction') },
  ],
  [
    'correction_item',
    {
      personId: 'key uuid',
      correctionId: 'key uuid',
      item: 'key int',
      subject: 'text',
      problem: 'text',
      remedy: 'text',
      answeredAt: 'timestamptz?',
    },
    {
      correction: {
        type: 'many-to-one',
        target: 'correction',
        joinColumn: [
          { name: 'person_id', referencedColumnName: 'personId' },
          { name: 'correction_id', referencedColumnName: 'correctionId' },
        ],
      },
    },
  ],
  [
    'case_transfer',
    {
      personId: 'key uuid',
      transferId: 'key uuid',
      applicationId: 'uuid',
      fromAgency: 'text',
      fromStreet: 'text',
      toAgency: 'text',
      toStreet: 'text',
      reason: 'text',
      transferredAt: 'timestamptz',
    },
    { application: toApplication },
  ],
  [
    'payee_change',
    { personId: 'key uuid', payeeChangeId: 'key uuid', applicationId: 'uuid', state: 'text' },
    { application: toApplication },
  ],
  [
    'appeal',
    { personId: 'key uuid', appealId: 'key uuid', applicationId: 'uuid', state: 'text' },
    { application: toApplication },
  ],
];

export const entities = [
  Application,
  Coverage,
  OfficerName,
  ...parts.map(
    ([name, columns, relations]) => new EntitySchema({ name, columns: columnsOf(columns), relations }),
  ),
];
