import type { MillraceError } from '@millrace/runtime';

/**
 * What a refusal says of the limit of requests in a minute, in the headers of the OpenAI API. Only the refusal says so: how many
 * are left is known where requests are admitted, and to ask there would cost every request a round trip.
 */
export function rateLimitHeaders({ code, retryAfterMs }: MillraceError): Readonly<Record<string, string>> {
  if (code !== 'rate_limit_exceeded' || retryAfterMs === undefined) return {};
  return {
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': durationOf(retryAfterMs),
  };
}

/** As the OpenAI API writes it: `12ms`, `1s`, `6m0s`. Rounded up. */
export function durationOf(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`;
}
