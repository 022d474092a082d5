import { afterEach, describe, expect, it } from 'vitest';
import type { TokenClassifier } from '../names/token-classifier.ts';
import { InvalidPattern } from '../entities/own-patterns.ts';
import { AnalyzerBusy, AnalyzerFailed, createAnalyzerPool, type AnalyzerPool } from './analyzer-pool.ts';

const pools: AnalyzerPool[] = [];
const open = (mostWaiting?: number, classifier?: TokenClassifier): AnalyzerPool => {
  const pool = createAnalyzerPool({ classifier, ...(mostWaiting === undefined ? {} : { mostWaiting }) });
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

describe('createAnalyzerPool with a model', () => {
  /** Finds words in capitals. */
  const classifier: TokenClassifier = {
    classify: async (texts) =>
      texts.map((text) =>
        [...text.matchAll(/\p{Lu}{2,}/gu)].map(({ 0: word, index }) => ({
          type: 'ORGANIZATION',
          start: index,
          end: index + word.length,
          score: 0.9,
        })),
      ),
  };

  it('has its names in the place of those of rules', async () => {
    const text = `Dr. Ada Moyo of ACME, ada@b.example ${'and so on '.repeat(20_000)} ZENITH`;
    const found = await open(undefined, classifier).analyze(text);
    expect(found.map(({ type, start, end }) => [type, text.slice(start, end)])).toEqual([
      ['ORGANIZATION', 'ACME'],
      ['EMAIL_ADDRESS', 'ada@b.example'],
      ['ORGANIZATION', 'ZENITH'],
    ]);
  });

  it('does not ask it where no names are wanted, and fails where it fails', async () => {
    const pool = open(undefined, { classify: () => Promise.reject(new Error('broken')) });
    await expect(pool.analyze('a@b.example', { types: ['EMAIL_ADDRESS'] })).resolves.toHaveLength(1);
    await expect(pool.analyze('ACME')).rejects.toThrow(AnalyzerFailed);
  });

  it('ends its work with the signal, and with the pool', async () => {
    const ended: unknown[] = [];
    const pool = open(undefined, {
      classify: (_texts, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended.push(signal.reason);
            reject(signal.reason as Error);
          });
        }),
    });
    const abort = new AbortController();
    const left = pool.analyze('ACME', {}, abort.signal);
    const kept = pool.analyze('ACME');
    abort.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await Promise.all([expect(kept).rejects.toThrow(AnalyzerFailed), pool.stop()]);
    expect(ended).toHaveLength(2);
  });
});
