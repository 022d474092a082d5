import type { StageDependencies } from '@millrace/stage';

const pollMs = 25;

/**
 * Waits until all that was in these work queues is acked or terminated.
 *
 * @throws the signal's reason
 */
export async function untilDrained(
  { bus, clock }: Pick<StageDependencies, 'bus' | 'clock'>,
  streams: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const stream of streams) {
    while ((await bus.streamState(stream)).messages > 0) await clock.sleep(pollMs, signal);
  }
}
