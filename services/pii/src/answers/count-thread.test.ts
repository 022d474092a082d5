import { defaultPiiPolicy } from '@millrace/pii-policy';
import { systemClock, type Clock } from '@millrace/runtime';
import { afterEach, expect, it } from 'vitest';
import type { CountTask } from './count-messages.ts';
import { createCountThread, type CountThread } from './count-thread.ts';

const never = new AbortController().signal;
const threads: CountThread[] = [];
const open = (clock: Clock = systemClock): CountThread => {
  const thread = createCountThread({ clock, limitMs: 60_000 });
  threads.push(thread);
  return thread;
};
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.stop();
});

const taskOf = (...texts: readonly string[]): CountTask => ({
  policy: defaultPiiPolicy,
  generated: { texts, callArguments: [] },
});
const bad: CountTask = {
  ...taskOf('x'),
  policy: { ...defaultPiiPolicy, patterns: [{ type: 'X', pattern: '(' }] },
};

it('counts one answer after the other, and goes on behind one that it cannot look at', async () => {
  const thread = open();
  const all = ['ada@b.example', 'ben@b.example'].map((text) => thread.count(taskOf(text), never));
  const failed = thread.count(bad, never);
  const last = thread.count(taskOf('Ask Dr. Ada Moyo.'), never);
  expect(await Promise.all(all)).toEqual([
    [{ type: 'EMAIL_ADDRESS', action: 'replace', count: 1 }],
    [{ type: 'EMAIL_ADDRESS', action: 'replace', count: 1 }],
  ]);
  await expect(failed).rejects.toMatchObject({ code: 'pii_unavailable' });
  expect(await last).toEqual([{ type: 'PERSON', action: 'report', count: 1 }]);
});

it('ends what takes too long, and has a new thread for the next', async () => {
  const limits: (() => void)[] = [];
  const thread = open({
    ...systemClock,
    setTimer(_ms, run) {
      limits.push(run);
      return { cancel: () => undefined };
    },
  });
  const long = thread.count(taskOf('Dr. Ada Moyo met Ben Okri. '.repeat(40_000)), never);
  await expect.poll(() => limits.length).toBe(1);
  limits[0]?.();
  await expect(long).rejects.toMatchObject({ code: 'pii_unavailable' });
  expect(await thread.count(taskOf('ada@b.example'), never)).toHaveLength(1);
});

it('gives up what nobody waits for any longer', async () => {
  const thread = open();
  const abort = new AbortController();
  const long = thread.count(taskOf('Dr. Ada Moyo met Ben Okri. '.repeat(40_000)), abort.signal);
  const next = thread.count(taskOf('ada@b.example'), never);
  abort.abort(new Error('gone'));
  await expect(long).rejects.toThrow('gone');
  expect(await next).toHaveLength(1);
});
