import { expect, onTestFinished, test } from 'vitest';
import type { Bus, ReceivedMessage } from '@millrace/bus';
import { createCodec, subjects, type WorkerDescribed } from '@millrace/contracts';
import { createLogger, ManualClock, systemRandom } from '@millrace/runtime';
import { createAskWorkers } from './ask-workers.ts';
import { describedWorker } from './testing.ts';

const codec = createCodec();

/** A broker whose workers answer when the test says so. */
function setUp() {
  const clock = new ManualClock();
  const log: string[] = [];
  const listeners = new Map<string, (message: ReceivedMessage) => void>();
  const questions: string[] = [];
  const bus: Pick<Bus, 'subscribe' | 'publishCore'> = {
    subscribe: async (subject, handler) => {
      listeners.set(subject, handler);
      return {
        stop: async () => {
          listeners.delete(subject);
        },
      };
    },
    publishCore: ({ payload }) => {
      questions.push(codec.decode('worker.asked', payload).question);
    },
  };
  const logger = createLogger({
    service: 'test',
    level: 'info',
    destination: { write: (line) => log.push(line) },
  });
  const ask = createAskWorkers({ bus, codec, clock, logger, random: systemRandom });
  onTestFinished(() => expect(listeners.size).toBe(0));
  const send = (payload: Uint8Array): void => {
    const subject = subjects.workerDescribed(questions.at(-1) ?? '');
    listeners.get(subject)?.({ subject, payload, headers: {} });
  };
  const answer = (worker: Partial<WorkerDescribed>): void =>
    send(codec.encode('worker.described', describedWorker(worker)));
  return { ask, clock, log, questions, send, answer };
}

test('all workers are asked, and all that answer one after the other are listed by name', async () => {
  const { ask, clock, answer } = setUp();
  const asked = ask();
  await clock.advance(600);
  answer({ worker: 'w-2' });
  await clock.advance(199);
  answer({ worker: 'w-1' });
  await clock.advance(200);
  expect((await asked).map(({ worker }) => worker)).toEqual(['w-1', 'w-2']);
});

test('workers that answer without end are waited for a second, no longer', async () => {
  const { ask, clock, answer } = setUp();
  const asked = ask();
  for (let worker = 0; worker < 10; worker += 1) {
    await clock.advance(100);
    answer({ worker: `w-${worker}` });
  }
  expect((await asked).length).toBeGreaterThan(8);
});

test('when no worker answers within a second, nothing is known', async () => {
  const { ask, clock } = setUp();
  const asked = ask().catch((error: unknown) => error);
  await clock.advance(1_000);
  expect(await asked).toMatchObject({ code: 'unavailable', message: 'No worker answered within 1 s.' });
});

test('who asks meanwhile shares the answers, who asks later does not', async () => {
  const { ask, clock, answer, questions } = setUp();
  const both = Promise.all([ask(), ask()]);
  await clock.advance(1);
  answer({ slots: { total: 4, used: 1, free: 3, waiting: 0 } });
  await clock.advance(200);
  const [first, second] = await both;
  expect(second).toBe(first);
  expect(questions).toHaveLength(1);
  const third = ask();
  await clock.advance(1);
  answer({});
  await clock.advance(200);
  expect(await third).toHaveLength(1);
  expect(questions).toHaveLength(2);
});

test('an answer that is none is logged, and the others count', async () => {
  const { ask, clock, answer, send, log } = setUp();
  const asked = ask();
  await clock.advance(1);
  send(Buffer.from('nothing'));
  answer({});
  await clock.advance(200);
  expect(await asked).toHaveLength(1);
  expect(log.join('')).toContain('no description');
});
