// What a start or a command prints when it fails: Chinese, then English, and details on indented lines.

import pg from 'pg';
import { Unavailable } from '../platform/database/connection.ts';
import { OperatorError } from '../platform/operator-error.ts';

export function describeFailure(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  if (error instanceof Unavailable)
    return `数据库没有应答，请检查数据库后重试 · the database did not answer; look at it and try again: ${error.message}`;
  if (error instanceof pg.DatabaseError)
    return `数据库拒绝执行，请核对账号和权限 · the database refused; check the account and its rights: ${error.message}`;
  const whole = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `程序出错，请连同以下内容报告 · an error of the program; report what follows:\n${whole.replaceAll(/^/gm, '  ')}`;
}
