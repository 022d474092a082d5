import { beforeEach, expect, test } from 'vitest';
import type { Bus, StoredMessage } from '@millrace/bus';
import { createCodec } from '@millrace/contracts';
import { ManualClock } from '@millrace/runtime';
import { resultRecord } from '@millrace/stage';
import { LiveQueue, type LiveRecord } from './live-queue.ts';
import { recordsOf, type RecordSourceOptions } from './record-source.ts';

const codec = createCodec();
const never = new AbortController().signal;
let stored: LiveRecord[];
let reads: number[];
let gaps: number;
let clock: ManualClock;
let queue: LiveQueue;

beforeEach(() => {
  stored = [];
  reads = [];
  gaps = 0;
  clock = new ManualClock();
  queue = new LiveQueue(8);
});

/** Every second sequence belongs to another request. */
function live(number: number): LiveRecord {
  const request = { request_id: '01890000-0000-7000-8000-000000000000', tenant: 'tenant' };
  const chunk = { attempt: 1, first_position: number, token_count: 1 };
  const record = resultRecord(request, { kind: 'CHUNK', at: 0, ...chunk });
  return {
    sequence: 2 * number,
    previousSequence: 2 * number - 2,
    payload: codec.encode('result.chunk', record),
  };
}

const bus: Pick<Bus, 'read'> = {
  async *read(stream, subject, { fromSequence = 1 } = {}) {
    reads.push(fromSequence);
    const present = stored.filter(({ sequence }) => sequence >= fromSequence);
    for (const { sequence, payload } of present) {
      const message: StoredMessage = { stream, subject, sequence, payload, headers: {}, storedAt: 0 };
      yield message;
    }
  },
};

function source(changes: Partial<RecordSourceOptions> = {}): () => Promise<number> {
  const records = recordsOf(
    { bus: bus as Bus, codec, clock },
    {
      requestId: 'request',
      queue,
      afterSequence: 0,
      isFresh: true,
      idleRecheckMs: 10_000,
      signal: never,
      onGap: () => {
        gaps += 1;
      },
      onCaughtUp: () => {},
      ...changes,
    },
  );
  return async () => {
    const { value } = await records.next();
    return value.first_position;
  };
}

test('a gap between live records is made up for from the stream, and what then comes twice is left out', async () => {
  const next = source();
  stored = [1, 2, 3, 4].map(live);
  queue.push(live(1));
  expect(await next()).toBe(1);
  queue.push(live(3));
  expect(await next()).toBe(2);
  queue.push(live(3));
  queue.push(live(4));
  expect([await next(), await next()]).toEqual([3, 4]);
  stored.push(live(5));
  queue.push(live(4));
  queue.push(live(5));
  expect(await next()).toBe(5);
  expect(reads).toEqual([3]);
  expect(gaps).toBe(1);
});

test('a reader that was too slow for the queue reads the stream from where it is', async () => {
  const next = source();
  stored = Array.from({ length: 20 }, (_, index) => live(index + 1));
  queue.push(live(1));
  expect(await next()).toBe(1);
  for (const record of stored.slice(1)) queue.push(record);
  const rest: number[] = [];
  for (let count = 0; count < 19; count += 1) rest.push(await next());
  expect(rest).toEqual(Array.from({ length: 19 }, (_, index) => index + 2));
  expect(reads).toEqual([3]);
});

test('a last record whose repetition was lost is found after some silence', async () => {
  const next = source();
  const waiting = next();
  stored.push(live(1));
  await clock.advance(9_999);
  expect(reads).toEqual([]);
  await clock.advance(1);
  expect(await waiting).toBe(1);
});

test('who resumes gets what is stored, then what is live', async () => {
  stored = [1, 2].map(live);
  const next = source({ isFresh: false });
  expect([await next(), await next()]).toEqual([1, 2]);
  const waiting = next();
  await clock.advance(0);
  queue.push(live(2));
  queue.push(live(3));
  expect(await waiting).toBe(3);
  expect(gaps).toBe(0);
});

test('waiting ends with the reason of the signal, and leaves no timer', async () => {
  const controller = new AbortController();
  const waiting = Promise.allSettled([source({ signal: controller.signal })()]);
  controller.abort(new Error('gone'));
  expect(await waiting).toMatchObject([{ status: 'rejected', reason: { message: 'gone' } }]);
  expect(clock.pending).toBe(0);
});
