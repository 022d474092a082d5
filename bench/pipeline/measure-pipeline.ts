import { runNatsChain } from './nats-chain.ts';
import { percentile } from './percentile.ts';
import { runStreamLoad } from './stream-load.ts';
import type { Target } from './target.ts';

/** One line of the table: milliseconds, and counts per second. */
export type PipelineRow = Readonly<Record<string, string | number>>;

/**
 * What a pipeline costs at 1 and at 32 connections, each with one request in flight. `paced` leaves every answer the time to be
 * billed and audited before the next request; the others ask again at once.
 */
export async function measurePipeline(
  shape: string,
  target: Target,
  natsUrl: string,
  requests: number,
  say: (text: string) => void,
): Promise<PipelineRow[]> {
  const rows: PipelineRow[] = [];
  for (const { connections, pauseMs } of [
    { connections: 1, pauseMs: 50 },
    { connections: 1, pauseMs: 0 },
    { connections: 32, pauseMs: 0 },
  ]) {
    const measured = pauseMs > 0 ? Math.ceil(requests / 4) : requests;
    const load = { ...target, connections, pauseMs };
    const paced = pauseMs > 0 ? ', paced' : '';
    say(`${shape}, ${connections} connections${paced}: ${measured} requests …`);
    await runStreamLoad({ ...load, pauseMs: 0, requests: Math.max(connections, requests / 4) });
    await runNatsChain(natsUrl, connections, measured / 4);
    const answers = await runStreamLoad({ ...load, requests: measured });
    const chain = await runNatsChain(natsUrl, connections, measured);
    const p50 = percentile(answers.firstChunkMs, 0.5);
    const natsP50 = percentile(chain.ms, 0.5);
    rows.push({
      shape,
      connections: `${connections}${paced}`,
      'first chunk p50 ms': round(p50),
      'first chunk p99 ms': round(percentile(answers.firstChunkMs, 0.99)),
      'requests/s': Math.round(answers.requests / answers.seconds),
      'chunks/s': Math.round(answers.chunks / answers.seconds),
      'NATS alone p50 ms': round(natsP50),
      'ratio p50': round(p50 / natsP50),
    });
  }
  return rows;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
