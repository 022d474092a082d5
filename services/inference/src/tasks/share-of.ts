import type { Engine } from '../engine/engine.ts';

/** How many texts of one request may be in an engine at once: no more than half of its slots, so that others find one. */
export function shareOf({ slots }: Pick<Engine, 'slots'>): number {
  return Math.max(1, Math.floor(slots / 2));
}
