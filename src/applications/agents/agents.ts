// The contact and the agent of an applicant, as the case keeps and shows them: names as the applicant's own, the agent's
// number encrypted and masked.

import { nameFor, seesNames } from '../../platform/access/names.ts';
import type { ReadContext } from '../../platform/context.ts';
import type { FactGroup } from '../../platform/http/fact-groups.ts';
import { Problem } from '../../platform/problem.ts';
import { agentPapers, type MaterialKind, materialTitles } from '../../rules/required-materials.ts';
import { maskNumber } from '../../values/mask.ts';
import { normaliseName } from '../../values/names.ts';
import type { ApplicationRow, CaseKey } from '../application/store.ts';
import type { Agent, Contact } from './schemas.ts';

type Column = 'contact_name_encrypted' | 'agent_name_encrypted' | 'agent_identity_encrypted';
type Sealer = Pick<ReadContext, 'encryption'>;

function placeOf({ personId, applicationId }: CaseKey, column: Column) {
  return { table: 'application', column, row: `${personId} ${applicationId}` };
}

/** @param contact undefined where the applicant has a phone */
export function contactColumns({ encryption }: Sealer, key: CaseKey, contact: Contact | undefined) {
  if (contact === undefined) return { contactNameEncrypted: null, contactRelation: null };
  const name = normaliseName(contact.name);
  return {
    contactNameEncrypted: encryption.encrypt(name, placeOf(key, 'contact_name_encrypted')),
    contactRelation: contact.relation,
  };
}

/** @param agent null or undefined where the applicant comes in person; the number as it was read */
export function agentColumns(
  { encryption }: Sealer,
  key: CaseKey,
  agent: Agent | null | undefined,
  number: string | undefined,
) {
  if (!agent || number === undefined)
    return { agentNameEncrypted: null, agentIdentityEncrypted: null, agentRelation: null };
  return {
    agentNameEncrypted: encryption.encrypt(normaliseName(agent.name), placeOf(key, 'agent_name_encrypted')),
    agentIdentityEncrypted: encryption.encrypt(number, placeOf(key, 'agent_identity_encrypted')),
    agentRelation: agent.relation,
  };
}

export type AgentRow = CaseKey &
  Pick<
    ApplicationRow,
    | 'contactNameEncrypted'
    | 'contactRelation'
    | 'agentNameEncrypted'
    | 'agentIdentityEncrypted'
    | 'agentRelation'
  >;

/** The names and the number whole; constraints make the columns all null or all set. */
export function agentsOf({ encryption }: Sealer, row: AgentRow) {
  const open = (column: Column, value: Buffer) => encryption.decrypt(value, placeOf(row, column));
  const { contactNameEncrypted, contactRelation, agentNameEncrypted, agentIdentityEncrypted, agentRelation } =
    row;
  return {
    contact:
      contactNameEncrypted === null || contactRelation === null
        ? null
        : { name: open('contact_name_encrypted', contactNameEncrypted), relation: contactRelation },
    agent:
      agentNameEncrypted === null || agentIdentityEncrypted === null || agentRelation === null
        ? null
        : {
            name: open('agent_name_encrypted', agentNameEncrypted),
            identityNumber: open('agent_identity_encrypted', agentIdentityEncrypted),
            relation: agentRelation,
          },
  };
}

/** The same as this reader may see them. */
export function describeAgents(context: ReadContext, row: AgentRow) {
  const { contact, agent } = agentsOf(context, row);
  return {
    contact: contact && { ...contact, name: nameFor(context, contact.name) },
    agent: agent && {
      ...agent,
      name: nameFor(context, agent.name),
      identityNumber: maskNumber(agent.identityNumber),
    },
  };
}

/** The groups of facts that an answer about these cases leaves out: agents where there are none, names that are masked. */
export function withoutAgents({ role }: ReadContext, rows: readonly AgentRow[]): readonly FactGroup[] {
  const isAlone = rows.every((row) => row.contactRelation === null && row.agentRelation === null);
  return [...(seesNames(role) ? [] : (['whole-name'] as const)), ...(isAlone ? (['agent'] as const) : [])];
}

/**
 * What an agent has to hand in with the case.
 *
 * @throws Problem materials-missing
 */
export function refuseMissingPapers(
  { agentRelation }: AgentRow,
  supplied: readonly { readonly kind: MaterialKind }[],
): void {
  if (agentRelation === null) return;
  const missing = agentPapers.filter((kind) => !supplied.some((material) => material.kind === kind));
  if (missing.length === 0) return;
  throw new Problem('materials-missing', {
    detail: '由代办人办理的，请按逐项列出的材料补齐后再提交。',
    fieldErrors: missing.map((kind) => ({
      pointer: `/materials/${kind}`,
      code: 'required',
      detail: `缺少：${materialTitles[kind]}。请代办人补交后上传。`,
    })),
  });
}
