import { afterEach, describe, expect, it } from 'vitest';
import { InvalidPattern } from '../entities/own-patterns.ts';
import { AnalyzerBusy, AnalyzerFailed, createAnalyzerPool, type AnalyzerPool } from './analyzer-pool.ts';

const pools: AnalyzerPool[] = [];
const open = (mostWaiting?: number): AnalyzerPool => {
  const pool = createAnalyzerPool(mostWaiting === undefined ? {} : { mostWaiting });
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.stop();
});

describe('createAnalyzerPool', () => {
  it('finds names and patterns in a thread', async () => {
    const found = await open().analyze('Dr. Ada Moyo, ada@b.example');
    expect(found.map(({ type }) => type)).toEqual(['PERSON', 'EMAIL_ADDRESS']);
  });

  it('gives up a text that nobody waits for, and goes on with the next', async () => {
    const pool = open();
    const abort = new AbortController();
    const long = pool.analyze('Ada Moyo met Ben Okri. '.repeat(40_000), {}, abort.signal);
    const next = pool.analyze('a@b.example');
    abort.abort(new Error('gone'));
    await expect(long).rejects.toThrow('gone');
    await expect(next).resolves.toHaveLength(1);
    await expect(pool.analyze('x', {}, abort.signal)).rejects.toThrow('gone');
  });

  it('refuses more than may wait, a bad pattern, and everything once it is stopped', async () => {
    const pool = open(1);
    const first = pool.analyze('a@b.example');
    await expect(pool.analyze('b')).rejects.toThrow(AnalyzerBusy);
    await first;
    await expect(pool.analyze('b', { ownPatterns: [{ type: 'X', pattern: '(' }] })).rejects.toThrow(
      InvalidPattern,
    );
    const waiting = pool.analyze('c');
    await Promise.all([expect(waiting).rejects.toThrow(AnalyzerFailed), pool.stop()]);
    await expect(pool.analyze('d')).rejects.toThrow(AnalyzerFailed);
  });
});
