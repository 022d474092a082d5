import { formatDuration, MillraceError, parseDurationMs } from '@millrace/runtime';

/**
 * Milliseconds of a duration that a client names. It has to have a unit: of a bare `30` some mean seconds and some milliseconds.
 *
 * @throws `invalid_value` naming the field, its value and what is allowed
 */
export function readDuration(
  param: string,
  text: string,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
): number {
  const durationMs = /[a-z]$/.test(text) ? parseDurationMs(text) : undefined;
  if (durationMs !== undefined && durationMs >= minMs && durationMs <= maxMs) return durationMs;
  const range =
    minMs === 0
      ? `at most ${formatDuration(maxMs)}`
      : `from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
  throw new MillraceError(
    'invalid_value',
    `${param} is ${JSON.stringify(text)}: it must be a number with its unit (ms, s, m, h or d), ${range}`,
    { param },
  );
}
