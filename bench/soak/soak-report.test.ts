import { describe, expect, it } from 'vitest';
import type { EngineView } from './engine-view.ts';
import { judgeSoak, memoryGrowth, type SoakReport } from './soak-report.ts';

const idle: EngineView = {
  worker: 'w-1',
  residentBytes: 100,
  slotsUsed: 0,
  waiting: 0,
  blocksUsed: 0,
  queued: 0,
};
const memoryOf = (bytes: readonly number[]) =>
  bytes.map((residentBytes, index) => ({ requests: index * 100, residentBytes }));
const good: SoakReport = {
  requests: 1_000,
  seconds: 60,
  kinds: { whole: 1_000 },
  closings: { byOutcome: { completed: 900, cancelled: 100 }, unclosed: [], repeated: 0, foreign: 0 },
  clientErrors: [],
  first: idle,
  last: idle,
  memory: memoryOf([50, 90, 100, 102, 101, 100, 103, 102]),
};

describe('a long run', () => {
  it('holds when memory is flat behind the warm-up and all is at rest', () => {
    expect(judgeSoak(good)).toEqual([]);
    expect(memoryGrowth(good)).toBeCloseTo(0.01, 1);
  });

  it.each([
    ['a slot is taken', { last: { ...idle, slotsUsed: 1 } }, '1 slots are in use'],
    ['a sequence waits', { last: { ...idle, waiting: 2 } }, '2 sequences wait'],
    ['a block is taken', { last: { ...idle, blocksUsed: 3 } }, '3 blocks'],
    ['a request is queued', { last: { ...idle, queued: 1 } }, '1 requests are still queued'],
    ['the worker died', { last: { ...idle, worker: 'w-2' } }, 'The worker has died'],
    ['a client saw an error', { clientErrors: ['An answer broke off.'] }, 'An answer broke off.'],
    [
      'memory grows',
      { memory: memoryOf([50, 90, 100, 105, 110, 115, 120, 125]) },
      'Memory grew by 19.0 % from the second quarter to the last; 5.0 % are allowed.',
    ],
    [
      'a request was never closed',
      { closings: { ...good.closings, byOutcome: { completed: 999 }, unclosed: ['x'] } },
      '999 of 1000 requests ended, 1 never did.',
    ],
    ['a request was closed twice', { closings: { ...good.closings, repeated: 1 } }, '1 closings came'],
    [
      'a request failed',
      { closings: { ...good.closings, byOutcome: { completed: 999, failed: 1 } } },
      '1 requests failed.',
    ],
  ] as const)('does not hold when %s', (_what, changes, problem) => {
    const problems = judgeSoak({ ...good, ...changes });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('says nothing of memory when it is short', () => {
    expect(memoryGrowth({ ...good, requests: 499 })).toBeUndefined();
  });
});
