import { defaultPiiPolicy } from '@millrace/pii-policy';
import { systemClock } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import { afterEach, expect, it } from 'vitest';
import { createScrubber, type Scrubber } from './scrubber.ts';

/** As much as a request may have. */
const size = 1024 * 1024;
/** Half of what a thread may take. */
const heapMb = 256;
const limitMs = 240_000;
const options = { policy: defaultPiiPolicy };
const never = new AbortController().signal;

let scrubber: Scrubber;
afterEach(() => scrubber.stop());

const user = (content: string): RequestContent => ({ messages: [{ role: 'user', content }], stop: [] });

function filled(textOf: (number: number) => string, length = size): string {
  const parts: string[] = [];
  for (let number = 0, left = length; left > 0; number += 1) {
    const text = textOf(number);
    parts.push(text.slice(0, left));
    left -= text.length;
  }
  return parts.join('');
}

const record = (number: number): string =>
  JSON.stringify({
    number,
    name: 'Ada Moyo',
    mail: `u${number}@corp.example`,
    tags: ['a', 'b'],
    open: true,
  });

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function records(length: number): string {
  return `[${filled((number) => `${record(number)},`.padEnd(96), length - (length % 96))}${record(0)}]`;
}

it.each([
  ['prose', filled((number) => `On day ${number} Ada Moyo wrote to u${number}@corp.example again. `)],
  ['JSON', records(size - 200)],
  ['JSON in a string of JSON', JSON.stringify({ payload: records(size * 0.8) })],
  ['50,000 values', JSON.stringify(Array.from({ length: 50_000 }, (_, number) => `value ${number}`))],
  ['half a million numbers', `[${'0,'.repeat(size / 2 - 2)}0]`],
  ['one word', 'a1B2'.repeat(size / 4)],
  ['one number', '4'.repeat(size)],
  ['brackets', '['.repeat(size / 2) + ']'.repeat(size / 2)],
  [
    'candidates alone',
    filled((number) => `u${number % 9_999}@b.de +49 30 90182${number % 900} 4111 1111 1111 1111 1.2.3.4 `),
  ],
])(
  'looks 1 MiB of %s through in bounded memory',
  async (_what, text) => {
    scrubber = createScrubber({ clock: systemClock, threads: 1, limitMs, heapMb });
    const { content } = await scrubber.scrub(user(text), options, never);
    const masked = content.messages[0]?.content ?? '';
    expect(masked).not.toMatch(/u\d+@/u);
    expect(isJson(masked)).toBe(isJson(text));
  },
  limitMs,
);

it('refuses what takes more memory than a thread may have, and lives on', async () => {
  scrubber = createScrubber({ clock: systemClock, threads: 1, limitMs, heapMb: 16 });
  for (let attempt = 0; attempt < 2; attempt += 1)
    await expect(scrubber.scrub(user(records(size)), options, never)).rejects.toThrow(
      expect.objectContaining({
        code: 'pii_unavailable',
        message: expect.not.stringContaining('corp') as string,
      }),
    );
});

it('stops at once when nobody waits any more, and looks the next one through', async () => {
  scrubber = createScrubber({ clock: systemClock, threads: 1, limitMs, heapMb });
  await scrubber.scrub(user('The thread is there.'), options, never);
  const cancelled = new AbortController();
  const first = scrubber.scrub(user(records(size)), options, cancelled.signal);
  const second = scrubber.scrub(user('Mail ann@corp.example'), options, never);
  // The thread has the first one by then, and needs a second for it.
  await new Promise(setImmediate);
  cancelled.abort(new Error('nobody waits'));
  await expect(first).rejects.toThrow('nobody waits');
  expect((await second).content.messages[0]?.content).toBe('Mail <EMAIL_1>');
});
