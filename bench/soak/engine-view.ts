import type { SoakTarget } from './ask-once.ts';

/** What of `GET /v1/engine` a long run looks at. */
export interface EngineView {
  readonly worker: string;
  readonly residentBytes: number;
  readonly slotsUsed: number;
  readonly waiting: number;
  readonly blocksUsed: number;
  /** Requests in all stages. */
  readonly queued: number;
}

interface Answer {
  readonly queue: Readonly<Record<string, number>>;
  readonly workers: readonly {
    readonly worker: string;
    readonly resident_bytes: number;
    readonly slots: { readonly used: number; readonly waiting: number };
    readonly key_values: { readonly blocks_used: number };
  }[];
}

/** @throws unless exactly one worker answers */
export async function viewEngine({ ingressUrl, apiKey }: SoakTarget): Promise<EngineView> {
  const response = await fetch(`${ingressUrl}/v1/engine`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`GET /v1/engine: ${response.status} ${body}`);
  const { queue, workers } = JSON.parse(body) as Answer;
  const [worker] = workers;
  if (worker === undefined || workers.length > 1)
    throw new Error(`There are ${workers.length} workers, not one.`);
  return {
    worker: worker.worker,
    residentBytes: worker.resident_bytes,
    slotsUsed: worker.slots.used,
    waiting: worker.slots.waiting,
    blocksUsed: worker.key_values.blocks_used,
    queued: Object.values(queue).reduce((sum, count) => sum + count, 0),
  };
}
