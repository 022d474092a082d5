import type { ModelRunner } from './model-runner.ts';

/** The memory for keys and values of all slots. A block has as many positions as one of the prefix cache. */
export interface KeyValueUsage {
  readonly blocks: number;
  /** Blocks that hold a position of a sequence. */
  readonly usedBlocks: number;
  readonly bytes: number;
  readonly usedBytes: number;
}

/** @param cached positions in the cache, for each sequence that has a slot */
export function keyValueUsage(
  {
    slots,
    contextLength,
    prefillChunk,
    blockBytes,
  }: Pick<ModelRunner, 'slots' | 'contextLength' | 'prefillChunk' | 'blockBytes'>,
  cached: readonly number[],
): KeyValueUsage {
  const blocksOf = (positions: number): number => Math.ceil(positions / prefillChunk);
  const blocks = slots * blocksOf(contextLength);
  const usedBlocks = cached.reduce((sum, positions) => sum + blocksOf(positions), 0);
  return { blocks, usedBlocks, bytes: blocks * blockBytes, usedBytes: usedBlocks * blockBytes };
}
