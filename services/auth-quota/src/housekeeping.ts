import type { Stoppable } from '@millrace/runtime';
import { startLoop, type StageDependencies } from '@millrace/stage';
import type { Admission } from './admission.ts';

const hourMs = 60 * 60_000;
/** Longer than a request can wait to be delivered once more, and than the longest window of a quota. */
const claimsKeptMs = 35 * 24 * hourMs;

/** Forgets what no decision depends on any more. */
export function startHousekeeping({ clock, logger }: StageDependencies, admission: Admission): Stoppable {
  return startLoop(
    {
      clock,
      intervalMs: hourMs,
      onError: (error) => logger.warn({ error }, 'old claims could not be forgotten and will be tried again'),
    },
    async () => {
      await admission.forgetClaims(clock.now() - claimsKeptMs);
    },
  );
}
