// Detects a changed, removed, reordered or truncated entry, and names the first bad one.

import t from 'tap';
import {
  algorithms,
  createVerifier,
  type Flaw,
  genesis,
  type Head,
  type SealedEntry,
  sealOf,
} from '../../../src/oversight/audit/chain.ts';
import { strictMatch } from '../../strict-match.ts';

function chainOf(texts: readonly string[], algorithm: (typeof algorithms)[number] = 'sha256'): SealedEntry[] {
  let previous = genesis;
  return texts.map((text, index) => {
    const sequence = index + 1;
    previous = sealOf(previous, algorithm, sequence, text);
    return { sequence, entryId: sequence * 10, algorithm, form: 'columns', hash: previous, text };
  });
}

function verify(entries: readonly SealedEntry[], checkpoint: Head | null = null) {
  const verifier = createVerifier(checkpoint);
  verifier.take(entries);
  return verifier.end();
}

const texts = ['a', 'b', 'c', 'd', 'e'];

for (const algorithm of algorithms) {
  t.test(`an audit chain with ${algorithm} verifies if nothing was changed`, async (t) => {
    strictMatch(t, verify(chainOf(texts, algorithm)), { entries: 5, firstBad: null });
  });
}

t.test('an audit chain verifies across a change of its hash algorithm', async (t) => {
  const before = chainOf(['a', 'b']);
  const hash = sealOf(before[1]?.hash ?? genesis, 'sm3', 3, 'c');
  strictMatch(
    t,
    verify([...before, { sequence: 3, entryId: 30, algorithm: 'sm3', form: 'columns', hash, text: 'c' }]),
    {
      firstBad: null,
    },
  );
});

const third = (change: (entry: SealedEntry) => Partial<SealedEntry>) =>
  chainOf(texts).map((entry) => (entry.sequence === 3 ? { ...entry, ...change(entry) } : entry));

const tampering: readonly [string, readonly SealedEntry[], number, Flaw][] = [
  ['an entry changed', third(() => ({ text: 'C' })), 3, 'entry-changed'],
  ['a hash changed', third(() => ({ hash: '01'.repeat(32) })), 3, 'entry-changed'],
  ['an entry was removed but not its seal', third(() => ({ text: null })), 3, 'entry-missing'],
  [
    'an entry was removed with its seal',
    chainOf(texts).filter((entry) => entry.sequence !== 3),
    3,
    'seal-missing',
  ],
  [
    'two entries were swapped',
    chainOf(texts).map((entry) => ({ ...entry, text: { 2: 'c', 3: 'b' }[entry.sequence] ?? entry.text })),
    2,
    'entry-changed',
  ],
];

for (const [what, entries, sequence, flaw] of tampering) {
  t.test(`the audit chain names the first bad entry after ${what}`, async (t) => {
    strictMatch(t, verify(entries).firstBad, { sequence, flaw });
  });
}

t.test('a truncated chain is detected with a checkpoint, and only with one', async (t) => {
  const whole = chainOf(texts);
  const checkpoint = { sequence: 5, hash: whole[4]?.hash ?? genesis };
  t.equal(verify(whole, checkpoint).firstBad, null);
  t.equal(verify(whole.slice(0, 4)).firstBad, null);
  strictMatch(t, verify(whole.slice(0, 4), checkpoint).firstBad, { sequence: 5, flaw: 'tail-cut' });
});

t.test('a chain rewritten from the beginning differs from the checkpoint', async (t) => {
  const checkpoint = { sequence: 3, hash: chainOf(texts)[2]?.hash ?? genesis };
  strictMatch(t, verify(chainOf(['a', 'X', 'c', 'd', 'e']), checkpoint).firstBad, {
    sequence: 3,
    flaw: 'checkpoint-differs',
  });
});
