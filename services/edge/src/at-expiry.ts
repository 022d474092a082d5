import type { VerifiedPrincipal } from '@millrace/contracts';
import type { Clock, Timer } from '@millrace/runtime';

/** Longer than this a timer of Node cannot run. */
const longestMs = 24 * 24 * 60 * 60_000;

/** Calls the listener when a credential expires, if it ever does. */
export function atExpiry(
  { expires_at }: Pick<VerifiedPrincipal, 'expires_at'>,
  clock: Clock,
  onExpired: () => void,
): Pick<Timer, 'cancel'> {
  let timer: Pick<Timer, 'cancel'> = { cancel: () => undefined };
  const wait = (at: number): void => {
    const leftMs = at - clock.now();
    if (leftMs <= 0) onExpired();
    else timer = clock.setTimer(Math.min(longestMs, leftMs), () => wait(at));
  };
  if (expires_at !== null) wait(expires_at);
  return { cancel: () => timer.cancel() };
}
