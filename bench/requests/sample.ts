// The cases that are read: drafts, submitted, to be corrected, accepted, approved and paid ones, asked for by the platform
// that made them, by the agency's handler, and by a platform and an agency to which they do not belong.

import { createSteps, type Steps } from '../../test/steps.ts';
import { morning } from '../morning.ts';
import type { RunningService } from '../processes.ts';
import { platform } from '../service.ts';

export const readers = ['platform-ganfutong', 'handler-360203', 'platform-wujia2', 'handler-360222'] as const;

/** One question and the service's answer to it. */
export interface Question {
  readonly path: string;
  readonly reader: (typeof readers)[number];
  readonly status: number;
  readonly body: string;
}

export function stepsOf(service: RunningService): Steps {
  return createSteps(service.call, { now: () => morning, set: () => {} });
}

/** @param ofEach cases in each state */
export async function makeSample(service: RunningService, steps: Steps, ofEach: number): Promise<string[]> {
  const cases: string[] = [];
  for (let count = 0; count < ofEach; count += 1) {
    const paid = await steps.approved();
    cases.push(paid.id);
  }
  await steps.settled(await steps.inPayment());
  for (let count = 0; count < ofEach; count += 1) {
    const draft = await steps.drafted(await steps.resident());
    const submitted = await steps.applied();
    const supplied = await steps.supplied(await steps.applied(), 'identity-card', 'contribution-proof');
    await service.call('handler-360203', 'POST', `/v1/applications/${supplied.id}/correction-requests`, {
      body: { defects: [{ subject: 'work', problem: '从业地点不完整', remedy: '请填写到街道和门牌' }] },
      ifMatch: supplied.version,
      status: 200,
    });
    const accepted = await steps.accepted();
    const approved = await steps.approved();
    cases.push(draft.id, submitted.id, supplied.id, accepted.id, approved.id);
  }
  return cases;
}

/** Every case asked for by every reader, with the service's answers, which the peers must give too. */
export async function askAll(
  { origin, tokenOf }: Pick<RunningService, 'origin' | 'tokenOf'>,
  cases: readonly string[],
): Promise<Question[]> {
  const questions: Question[] = [];
  for (const reader of readers) {
    for (const id of cases) {
      const path = `/v1/applications/${id}`;
      const answer = await fetch(`${origin}${path}`, {
        headers: { authorization: `Bearer ${await tokenOf(reader)}` },
      });
      questions.push({ path, reader, status: answer.status, body: await answer.text() });
    }
  }
  const whole = questions.filter(({ status }) => status === 200).length;
  if (whole < cases.length || questions.every(({ status }) => status === 200))
    throw new Error(`${whole} of ${questions.length} questions were answered by ${platform} and the agency`);
  return questions;
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Throws unless a peer gives the same answers byte for byte; a refusal names its request by an id of its own. */
export async function mustAnswerAlike(
  name: string,
  origin: string,
  questions: readonly Question[],
  tokenOf: RunningService['tokenOf'],
): Promise<void> {
  for (const { path, reader, status, body } of questions) {
    const answer = await fetch(`${origin}${path}`, {
      headers: { authorization: `Bearer ${await tokenOf(reader)}` },
    });
    const text = await answer.text();
    const comparable = (one: string) => (status === 200 ? one : one.replaceAll(uuid, 'id'));
    if (answer.status !== status || comparable(text) !== comparable(body))
      throw new Error(
        `${name} gives ${reader} another answer to ${path}:\n${answer.status} ${text}\n${status} ${body}`,
      );
  }
}
