import { defaultTenant, type Cluster } from '@millrace/embedded';
import { askOnce } from './ask-once.ts';
import { countClosings, type Closings } from './count-closings.ts';
import { viewEngine, type EngineView } from './engine-view.ts';
import { planSoak } from './soak-plan.ts';
import type { MemorySample, SoakReport } from './soak-report.ts';

export interface SoakOptions {
  readonly cluster: Pick<Cluster, 'edgeUrl' | 'ingressUrl' | 'apiKey' | 'platform'>;
  readonly requests: number;
  /** Clients at once. */
  readonly clients: number;
  readonly seed: number;
  readonly onSample?: (sample: MemorySample, view: EngineView) => void;
  readonly signal: AbortSignal;
}

/** Settings under which a run has to come to rest: caches fill up while it warms up, and who leaves is soon given up. */
export const soakSettings = {
  MILLRACE_DISCONNECT_GRACE: '500ms',
  MILLRACE_SLOTS: '8',
  MILLRACE_CONTEXT_LENGTH: '512',
  MILLRACE_PREFIX_CACHE: '32MiB',
  MILLRACE_ANSWER_CACHE: '0',
} as const;

const samples = 40;
const pollMs = 100;
/** How long the last requests may take to be closed, and the engine to be idle. */
const restLimitMs = 60_000;

/** Lets clients ask, cancel and leave, waits until all is at rest, and reports. The tenant must have made no request before. */
export async function runSoak({
  cluster,
  requests,
  clients,
  seed,
  onSample,
  signal,
}: SoakOptions): Promise<SoakReport> {
  const { clock } = cluster.platform;
  const plan = planSoak(requests, seed);
  const requestIds: string[] = [];
  const clientErrors = new Set<string>();
  const memory: MemorySample[] = [];
  const every = Math.max(4, Math.floor(requests / samples));
  const startedAtMs = clock.monotonicMs();
  const first = await viewEngine(cluster);
  let next = 0;
  let ended = 0;

  const sample = async (): Promise<void> => {
    const view = await viewEngine(cluster);
    const taken = { requests: ended, residentBytes: view.residentBytes };
    memory.push(taken);
    onSample?.(taken, view);
  };
  const client = async (): Promise<void> => {
    for (let request = plan[next++]; request !== undefined; request = plan[next++]) {
      signal.throwIfAborted();
      try {
        requestIds.push(await askOnce(cluster, request));
      } catch (error) {
        clientErrors.add(String(error));
      }
      ended += 1;
      if (ended % every === 0) await sample();
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const { closings, last } = await untilAtRest(cluster, requestIds, signal);
  return {
    requests,
    seconds: (clock.monotonicMs() - startedAtMs) / 1_000,
    kinds: Object.fromEntries(
      [...Map.groupBy(plan, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]),
    ),
    closings,
    clientErrors: [...clientErrors],
    first,
    last,
    memory,
  };
}

async function untilAtRest(
  cluster: SoakOptions['cluster'],
  requestIds: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly closings: Closings; readonly last: EngineView }> {
  const { platform } = cluster;
  const endMs = platform.clock.monotonicMs() + restLimitMs;
  for (;;) {
    const closings = await countClosings(platform, defaultTenant, requestIds);
    const last = await viewEngine(cluster);
    const isAtRest =
      closings.unclosed.length === 0 && last.slotsUsed + last.waiting + last.blocksUsed + last.queued === 0;
    if (isAtRest || platform.clock.monotonicMs() > endMs) return { closings, last };
    await platform.clock.sleep(pollMs, signal);
  }
}
