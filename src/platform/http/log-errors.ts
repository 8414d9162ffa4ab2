// Describes an error for the log: what and where, without values. PostgreSQL puts whole rows into error
// details, and pino would log every property.

import pg from 'pg';
import { holdsPersonalNumber } from '../../values/personal-numbers.ts';
import { conditionOf } from '../database/conditions.ts';

export interface LoggedError {
  readonly type: string;
  /** For a database error, its condition and what it is about, by name: its own message contains values. */
  readonly message: string;
  /** Frames only: a stack's first line repeats the message. */
  readonly stack: string;
  readonly code?: string;
  readonly cause?: LoggedError;
  readonly [name: string]: unknown;
}

const deepestCause = 5;

export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: '', stack: '' };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const hasCause = error.cause !== undefined && depth < deepestCause;
  return {
    type: error.name,
    message: messageOf(error),
    stack: frames.join('\n'),
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...(error instanceof pg.DatabaseError ? { routine: error.routine } : {}),
    ...(hasCause ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

function messageOf(error: Error): string {
  if (error instanceof pg.DatabaseError) {
    const { code = '', table, column, constraint } = error;
    const about = Object.entries({ table, column, constraint }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${value}`],
    );
    return [conditionOf(code), ...about].join(', ');
  }
  return holdsPersonalNumber(error.message) ? '(withheld: it quotes a personal number)' : error.message;
}
