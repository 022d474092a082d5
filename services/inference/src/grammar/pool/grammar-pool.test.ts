import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock, systemClock, type Clock } from '@millrace/runtime';
import { GrammarPool } from './grammar-pool.ts';
import { encodeVocabulary } from './vocabulary.ts';

const end = 128;
const vocabulary = encodeVocabulary(
  129,
  (token) => (token < end ? Uint8Array.of(token) : new Uint8Array()),
  new Set([end]),
);
const { signal } = new AbortController();
const literalOf = (text: string): string => `root ::= "${text}"`;

function poolWith(kept?: number, clock: Clock = systemClock): GrammarPool {
  const pool = new GrammarPool({ vocabulary, clock, ...(kept === undefined ? {} : { kept }) });
  onTestFinished(() => pool.stop());
  return pool;
}

function allowed(mask: Int32Array): number[] {
  return Array.from({ length: vocabulary.tokens.length }, (_, token) => token).filter(
    (token) => (((mask[token >> 5] ?? 0) >>> (token & 31)) & 1) === 1,
  );
}

describe('GrammarPool', () => {
  it('gives masks of what may come next, the end token only where the answer can end', async () => {
    const lease = await poolWith().lease('root ::= "a" "b"?', signal);
    const constraint = lease.start();
    expect(allowed(await constraint.nextMask())).toEqual([97]);
    constraint.accept(97);
    expect(allowed(await constraint.nextMask())).toEqual([98, end]);
    constraint.accept(98);
    expect(allowed(await constraint.nextMask())).toEqual([end]);
    constraint.close();
    lease.release();
  });

  it('tells answers to the same grammar apart', async () => {
    const lease = await poolWith().lease(literalOf('ab'), signal);
    const [one, other] = [lease.start(), lease.start()];
    one.accept(97);
    const masks = await Promise.all([one.nextMask(), other.nextMask()]);
    expect(masks.map(allowed)).toEqual([[98], [97]]);
  });

  it('refuses what an earlier attempt cannot have drawn', async () => {
    const constraint = (await poolWith().lease(literalOf('ab'), signal)).start();
    constraint.accept(98);
    await expect(constraint.nextMask()).rejects.toMatchObject({ code: 'engine_failed' });
  });

  it('compiles a grammar once, and keeps those that were used last', async () => {
    const pool = poolWith(2);
    for (const text of ['a', 'b', 'a', 'c']) (await pool.lease(literalOf(text), signal)).release();
    expect(pool.size.grammars).toBe(2);
    const held = await Promise.all(['d', 'e', 'f'].map((text) => pool.lease(literalOf(text), signal)));
    expect(pool.size.grammars).toBeGreaterThanOrEqual(3);
    for (const lease of held) lease.release();
    expect(pool.size.grammars).toBe(2);
  });

  it('keeps a grammar that is in use', async () => {
    const pool = poolWith(0);
    const [first, second] = [
      await pool.lease(literalOf('a'), signal),
      await pool.lease(literalOf('a'), signal),
    ];
    first.release();
    first.release();
    const constraint = second.start();
    expect(allowed(await constraint.nextMask())).toEqual([97]);
    second.release();
    expect(pool.size.grammars).toBe(0);
  });

  it('survives a grammar that xgrammar cannot read', async () => {
    const pool = poolWith();
    await expect(pool.lease('root ::= nowhere', signal)).rejects.toMatchObject({ code: 'engine_failed' });
    const lease = await pool.lease(literalOf('a'), signal);
    expect(allowed(await lease.start().nextMask())).toEqual([97]);
    await expect(pool.lease('root ::= nowhere', signal)).rejects.toMatchObject({ code: 'engine_failed' });
  });

  it('waits for a grammar no longer than its limit, or until nobody waits', async () => {
    const clock = new ManualClock();
    const pool = poolWith(4, clock);
    const late = pool.lease(literalOf('a'), signal);
    expect(pool.isCompiling).toBe(true);
    const gone = new AbortController();
    const given = pool.lease(literalOf('a'), gone.signal);
    gone.abort(new Error('gone'));
    await expect(given).rejects.toThrow('gone');
    const [refused] = await Promise.allSettled([late, clock.advance(60_000)]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'engine_failed' } });
    expect(pool.isCompiling).toBe(false);
  });

  it('compiles one grammar at a time, and none that nobody waits for any more', async () => {
    const pool = poolWith();
    const gone = new AbortController();
    const first = pool.lease(literalOf('a'), signal);
    const given = ['b', 'c', 'd'].map((text) => pool.lease(literalOf(text), gone.signal));
    const last = pool.lease(literalOf('e'), signal);
    expect(pool.size.grammars).toBe(5);
    gone.abort(new Error('gone'));
    const results = await Promise.allSettled(given);
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(pool.size.grammars).toBe(2);
    let isFirstThere = false;
    void first.then(() => (isFirstThere = true));
    await last;
    expect(isFirstThere).toBe(true);
    expect(pool.isCompiling).toBe(false);
  });

  it('gives the memory of answers back', async () => {
    const pool = poolWith();
    const lease = await pool.lease('root ::= "[" [a-z]* "]"', signal);
    const answerMany = async (count: number): Promise<number> => {
      for (let index = 0; index < count; index += 1) {
        const constraint = lease.start();
        for (const token of [91, 97, 98, 99]) constraint.accept(token);
        await constraint.nextMask();
        constraint.close();
      }
      await expect.poll(() => pool.size.answers).toBe(0);
      return process.memoryUsage().rss;
    };
    await answerMany(500);
    const before = await answerMany(1);
    expect((await answerMany(3_000)) - before).toBeLessThan(64 * 1024 ** 2);
  });
});
