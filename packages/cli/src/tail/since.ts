import { parseDurationMs } from '@millrace/runtime';
import { wrong } from '../read-options.ts';

/** Where a tail begins: at a moment, in milliseconds since 1970, or at a sequence of the stream. */
export type Since = { readonly time: number } | { readonly sequence: number };

/**
 * Reads `--since`: a duration back from now (`15m`, `2h`, `7d`), a moment (`2026-11-28`, `2026-11-28T14:00:00Z`), or a sequence of the
 * stream (`#1042`).
 *
 * @throws MillraceError `config_invalid`
 */
export function readSince(text: string, now: number): Since {
  const sequence = /^#(\d{1,15})$/u.exec(text);
  if (sequence !== null) return { sequence: Math.max(1, Number(sequence[1])) };
  const durationMs = /[a-z]$/u.test(text) ? parseDurationMs(text) : undefined;
  if (durationMs !== undefined) return { time: now - durationMs };
  const time = /^\d{4}-\d{2}-\d{2}/u.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return { time };
  throw wrong(
    `--since is ${text}: it must be a duration such as 15m or 7d, a moment such as 2026-11-28T14:00:00Z, or a sequence such as #1042.`,
  );
}
