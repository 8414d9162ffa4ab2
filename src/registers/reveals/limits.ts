// Limits how often an officer may reveal personal data: fields of a person and pictures of identity papers.

import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { listRevealTimes, lockOfficer } from './store.ts';

/** Enough for an officer's busiest hour at a counter, too few to copy a register. */
export const revealsPerHour = 30;
export const revealsPerDay = 120;
const hourMs = 3_600_000;

const limits = [
  { most: revealsPerHour, withinMs: hourMs, title: '每小时' },
  { most: revealsPerDay, withinMs: 24 * hourMs, title: '每 24 小时' },
];

/**
 * Counts entries of the audit, so that a restart or a second process does not reset the limit. Call it before the
 * reveal is audited.
 *
 * @throws Problem too-many-requests
 */
export async function refuseTooManyReveals(context: WriteContext): Promise<void> {
  const officer = officerOf(context.actor);
  lockOfficer(context.tx, officer);
  const since = context.at.subtract({ milliseconds: 24 * hourMs });
  const times = await listRevealTimes(context.tx, officer, since.toString(), revealsPerDay);
  const freeAtMs = limits.map(({ most, withinMs }) => {
    const oldest = times[most - 1];
    return oldest === undefined ? 0 : Temporal.Instant.from(oldest).epochMilliseconds + withinMs;
  });
  const last = Math.max(...freeAtMs);
  const seconds = Math.ceil((last - context.at.epochMilliseconds) / 1_000);
  if (seconds <= 0) return;
  const { most, title } = limits[freeAtMs.indexOf(last)] ?? { most: revealsPerDay, title: '' };
  const detail = `每名工作人员${title}最多查看 ${most} 次完整个人信息（含身份证件图像），请稍后再试；批量需要请联系管理员。`;
  throw new Problem('too-many-requests', { detail, headers: { 'retry-after': String(seconds) } });
}
