import { expect, it } from 'vitest';
import { readDuration } from './read-duration.ts';

const range = { minMs: 60_000, maxMs: 30 * 86_400_000 };

it('reads a duration with its unit', () => {
  expect(readDuration('retention', '90s', range)).toBe(90_000);
  expect(readDuration('retention', '30d', range)).toBe(range.maxMs);
  expect(readDuration('wait', '0s', { minMs: 0, maxMs: 1 })).toBe(0);
});

it.each(['86400', '86400000', '59s', '31d', '7 days', '-1h', '', 'h'])(
  'refuses %j with what is allowed',
  (text) => {
    expect(() => readDuration('retention', text, range)).toThrow(
      expect.objectContaining({
        code: 'invalid_value',
        param: 'retention',
        message: `retention is ${JSON.stringify(text)}: it must be a number with its unit (ms, s, m, h or d), from 1m to 30d`,
      }),
    );
  },
);
