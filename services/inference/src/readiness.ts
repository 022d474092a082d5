import type { Engine } from './engine/engine.ts';

/** @returns why the worker cannot be given work, or undefined */
export function readinessProblem(
  { connected }: { readonly connected: boolean },
  { healthy, running, waiting, lastProgressAt }: Engine,
  now: number,
): string | undefined {
  if (!connected) return 'not connected to NATS';
  if (healthy) return undefined;
  const silentSeconds = Math.floor((now - lastProgressAt) / 1000);
  return `the engine makes no progress: nothing for ${silentSeconds} s, with ${running + waiting} at work`;
}
