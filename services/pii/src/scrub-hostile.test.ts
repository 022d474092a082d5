import { describe, expect, it } from 'vitest';
import { createRestorer } from '@millrace/pii-policy';
import type { RequestContent } from '@millrace/stage';
import { scrubWith } from './pii.fixture.ts';

/** As much as a request may have. */
const size = 1024 * 1024;
/** Of processor time, which a busy machine stretches: far above what it takes, and what grows with the square takes minutes. */
const limitMs = 30_000;

const user = (...texts: readonly string[]): RequestContent => ({
  messages: texts.map((content) => ({ role: 'user', content })),
  stop: [],
});

function filled(textOf: (number: number) => string, length = size): string {
  const parts: string[] = [];
  for (let number = 0, at = 0; at < length; number += 1) {
    const text = textOf(number);
    parts.push(text);
    at += text.length;
  }
  return parts.join('');
}

function cpuMs(work: () => unknown): number {
  const start = process.threadCpuUsage();
  work();
  const { user: userUs, system } = process.threadCpuUsage(start);
  return (userUs + system) / 1_000;
}

describe('scrub of hostile content', () => {
  it.each([
    ['signs of addresses', '@'],
    ['beginnings of addresses', 'a@'],
    ['long labels', `a@${'a'.repeat(62)}.`],
    ['digits', '1 '],
    ['phone numbers', '+1 212 555 01 99 '],
    ['brackets', '(1 2 3 4 5 6 7 8 '],
    ['account numbers', 'DE89370400440532013000 '],
    ['addresses of machines', '1.1.1.1 '],
    ['colons', 'a:b:c:d:'],
    ['beginnings of placeholders', '<EMAIL_1'],
  ])('takes little time for %s', (_what, unit) => {
    expect(cpuMs(() => scrubWith(user(filled(() => unit))))).toBeLessThan(limitMs);
  });

  it.each([
    [
      'records',
      (n: number) => `{"id":${n},"name":"Ada Moyo","at":"2026-01-02T10:00:00Z","mail":"u@x.example"}`,
    ],
    ['words', (n: number) => `"w${n}"`],
    ['numbers', (n: number) => `${n * 7_919}`],
    ['fields', (n: number) => `{"k${n}":"v${n} x"}`],
  ])('takes little time for JSON of %s', (_what, item) => {
    const text = `[${filled((number) => `${item(number)},`, size / 2)}0]`;
    expect(cpuMs(() => scrubWith(user(text)))).toBeLessThan(limitMs);
  });

  it('takes little time for numbers that are all different, and rather replaces too many', () => {
    const text = filled((number) => `(2 ${number} 3 4 5 6 `, size / 8);
    let scrubbed: ReturnType<typeof scrubWith> | undefined;
    expect(cpuMs(() => (scrubbed = scrubWith(user(text))))).toBeLessThan(limitMs);
    expect(scrubbed?.counts.find(({ type }) => type === 'PHONE_NUMBER')?.count).toBeGreaterThan(1);
  });

  it('takes little time for many values in many messages', () => {
    const texts = Array.from({ length: 4_000 }, (_, message) =>
      filled((number) => `u${message}x${number}@corp.example `, 64),
    );
    expect(cpuMs(() => scrubWith(user(...texts)))).toBeLessThan(limitMs);
  });

  it('refuses more values than it replaces, without naming one', () => {
    const text = filled((number) => `u${number}@corp.example `);
    expect(() => scrubWith(user(text))).toThrow(
      expect.objectContaining({
        code: 'payload_too_large',
        message: expect.not.stringContaining('corp.example') as string,
      }),
    );
  });

  it('refuses what would become much longer', () => {
    const type = 'A'.repeat(48);
    const policy = { patterns: [{ type, pattern: 'q' }], actions: { [type]: 'mask' } } as const;
    const message = 'What stands for the personal data of the content is more than 1048576 characters longer';
    expect(scrubWith(user('q'.repeat(1_000)), policy).content.messages[0]?.content).toHaveLength(50_000);
    expect(() => scrubWith(user('q'.repeat(25_000)), policy)).toThrow(
      expect.objectContaining({
        code: 'payload_too_large',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it('takes a structure without end for text', () => {
    const deep = `${'['.repeat(size / 4)}"ann@corp.example"${']'.repeat(size / 4)}`;
    const { mapping } = scrubWith(user(deep));
    expect([...mapping.values()]).toEqual(['ann@corp.example']);
  });
});

it('restores quickly, however many placeholders there are', () => {
  const mapping = new Map(
    Array.from({ length: 20_000 }, (_, number) => [`EMAIL_ADDRESS_${number}`, `${number}@x`]),
  );
  const restorer = createRestorer(mapping);
  let text = '';
  const took = cpuMs(() => {
    for (let number = 0; number < 20_000; number += 1)
      text += restorer.push(`< <EMAIL_ADDRESS_${number}> <EMAIL_ADDRESS_`);
  });
  expect(text.endsWith('< 19999@x ')).toBe(true);
  expect(took).toBeLessThan(limitMs);
});
