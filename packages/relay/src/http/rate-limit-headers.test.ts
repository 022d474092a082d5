import { MillraceError } from '@millrace/runtime';
import { expect, it } from 'vitest';
import { durationOf, rateLimitHeaders } from './rate-limit-headers.ts';

it.each([
  [0, '0ms'],
  [11.2, '12ms'],
  [999.5, '1000ms'],
  [1_000, '1s'],
  [1_001, '2s'],
  [59_001, '1m0s'],
  [360_000, '6m0s'],
  [61_000, '1m1s'],
])('%d ms are written as %s', (ms, text) => expect(durationOf(ms)).toBe(text));

function refusal(code: 'rate_limit_exceeded' | 'too_many_in_flight', retryAfterMs?: number): object {
  return rateLimitHeaders(new MillraceError(code, 'No.', { retryAfterMs }));
}

it('a limit of requests that is reached is said in headers, and nothing else is', () => {
  expect(refusal('rate_limit_exceeded', 12_000)).toEqual({
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': '12s',
  });
  expect(refusal('rate_limit_exceeded')).toEqual({});
  expect(refusal('too_many_in_flight', 1_000)).toEqual({});
});
