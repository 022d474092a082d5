import type { WorkerDescribed } from '@millrace/contracts';
import type { Engine } from './engine/engine.ts';
import type { ServedModel } from './served-model.ts';

export interface Worker {
  /** New with each start of the process. */
  readonly name: string;
  /** When it was ready for the first time, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly executionProvider: string;
  readonly engine: Engine;
  readonly models: readonly ServedModel[];
}

/** What a worker says of itself at a moment. */
export function describeWorker(
  { name, startedAt, executionProvider, engine, models }: Worker,
  { at, problem, residentBytes }: { at: number; problem: string | undefined; residentBytes: number },
): WorkerDescribed {
  const { keyValues, prefixCache } = engine;
  return {
    worker: name,
    at,
    started_at: startedAt,
    problem: problem ?? null,
    execution_provider: executionProvider,
    slots: {
      total: engine.slots,
      used: engine.running,
      free: engine.freeSlots,
      waiting: engine.waiting,
    },
    key_values: {
      blocks_total: keyValues.blocks,
      blocks_used: keyValues.usedBlocks,
      bytes_total: keyValues.bytes,
      bytes_used: keyValues.usedBytes,
    },
    prefix_cache: {
      blocks: prefixCache.blocks,
      bytes: prefixCache.bytes,
      budget_bytes: prefixCache.budgetBytes,
      queried_tokens: prefixCache.queriedTokens,
      hit_tokens: prefixCache.hitTokens,
      evicted_blocks: prefixCache.evictedBlocks,
    },
    models: models.map(({ name: model, version, contextLength, operations, isDefault }) => ({
      name: model,
      version,
      context_length: contextLength,
      operations: [...operations],
      is_default: isDefault,
    })),
    resident_bytes: residentBytes,
  };
}
