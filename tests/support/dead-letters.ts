import type { DeadLetter } from '@millrace/contracts';
import type { StageDependencies } from '@millrace/stage';

const pollMs = 25;

/** All dead letters, oldest first. */
export async function readDeadLetters({
  bus,
  codec,
}: Pick<StageDependencies, 'bus' | 'codec'>): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const { payload } of bus.read('DEADLETTER', 'mr.deadletter.>'))
    letters.push(codec.decode('dead.letter', payload));
  return letters;
}

/**
 * Waits until there are so many dead letters.
 *
 * @throws the signal's reason
 */
export async function untilDeadLetters(
  dependencies: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  count: number,
  signal: AbortSignal,
): Promise<readonly DeadLetter[]> {
  for (;;) {
    const letters = await readDeadLetters(dependencies);
    if (letters.length >= count) return letters;
    await dependencies.clock.sleep(pollMs, signal);
  }
}
