// An earlier state of the service in a temporary worktree, with its packages: those installed here where they are the same.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
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
  const [theirs, ours] = [folder, root].map((one) => readFileSync(join(one, 'package-lock.json'), 'utf8'));
  if (theirs === ours) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  else execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline'], { cwd: folder });
  return {
    folder,
    commit,
    remove: () => {
      git('worktree', 'remove', '--force', folder);
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
