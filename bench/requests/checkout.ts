// An earlier state of the service in a temporary worktree, with the packages installed here.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface Checkout {
  readonly folder: string;
  /** The commit, shortened. */
  readonly commit: string;
  remove(): void;
}

export function checkOut(ref: string): Checkout {
  const git = (...options: readonly string[]) =>
    execFileSync('git', ['-C', root, ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const commit = git('rev-parse', '--short', '--verify', `${ref}^{commit}`);
  const parent = mkdtempSync(join(tmpdir(), 'subsidy-checkout-'));
  const folder = join(parent, commit);
  git('worktree', 'add', '--detach', folder, commit);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    commit,
    remove: () => {
      git('worktree', 'remove', '--force', folder);
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
