import type { Clock } from '@millrace/runtime';
import type { Cluster } from '../cluster/start-cluster.ts';
import type { Presenter } from './presenter.ts';

/** In the order in which they die: those first without which the answer cannot grow. */
export const victims = [
  'inference',
  'edge',
  'nats-server',
  'pii',
  'billing',
  'audit',
  'auth-quota',
  'ingress',
] as const;

/** Chunks of the answer between the return of one and the death of the next. */
const chunksBetween = 6;

/** Resolves when so many chunks more have come. */
export type UntilChunks = (count: number) => Promise<void>;

/**
 * Kills the processes one after the other with SIGKILL, each while the answer grows, and starts each again.
 *
 * @throws the signal's reason; what a start throws
 */
export async function killInTurn(
  cluster: Cluster,
  presenter: Presenter,
  clock: Clock,
  untilChunks: UntilChunks,
  signal: AbortSignal,
): Promise<void> {
  for (const name of victims) {
    await untilChunks(chunksBetween);
    signal.throwIfAborted();
    const target = name === 'nats-server' ? cluster.nats : cluster.process(name);
    presenter.killed(`${name} is killed (SIGKILL, process ${target.pid})`);
    await target.kill();
    const killedAt = clock.monotonicMs();
    signal.throwIfAborted();
    await target.start();
    const seconds = ((clock.monotonicMs() - killedAt) / 1_000).toFixed(1);
    presenter.back(`${name} is back after ${seconds} s (process ${target.pid})`);
  }
}
