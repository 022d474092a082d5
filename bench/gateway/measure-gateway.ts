import { median } from '../engine/median.ts';
import { chat } from './chat-client.ts';
import type { RunningGateway } from './contender.ts';
import { usageOf } from './process-usage.ts';

/** Milliseconds, counts per second, megabytes. */
export interface GatewayFigures {
  readonly firstChunkMs: number;
  readonly latencyMs: number;
  readonly requestsPerSecond: number;
  readonly streamsPerSecond: number;
  readonly peakMemoryMb: number;
  readonly cpuMsPerRequest: number;
  /** The longest time without an answer to any of many streams. */
  readonly longestStallMs: number;
}

const sampleMs = 100;

/** @param scale 1 for a whole run */
export async function measureGateway(gateway: RunningGateway, scale: number): Promise<GatewayFigures> {
  const count = (requests: number): number => Math.max(8, Math.round(requests * scale));
  await load(gateway, true, count(300), 16);
  let peakBytes = 0;
  const sampling = setInterval(() => {
    peakBytes = Math.max(peakBytes, usageOf(gateway.pid).residentBytes);
  }, sampleMs);
  try {
    const streams = await load(gateway, true, count(300), 1);
    const whole = await load(gateway, false, count(300), 1);
    const cpuBefore = usageOf(gateway.pid).cpuMs;
    const many = await load(gateway, false, count(3_000), 32);
    const cpuMs = usageOf(gateway.pid).cpuMs - cpuBefore;
    const manyStreams = await load(gateway, true, count(3_000), 128);
    return {
      firstChunkMs: median(streams.firstChunkMs),
      latencyMs: median(whole.totalMs),
      requestsPerSecond: many.perSecond,
      streamsPerSecond: manyStreams.perSecond,
      peakMemoryMb: peakBytes / 1e6,
      cpuMsPerRequest: cpuMs / count(3_000),
      longestStallMs: Math.max(many.longestStallMs, manyStreams.longestStallMs),
    };
  } finally {
    clearInterval(sampling);
  }
}

interface Load {
  readonly firstChunkMs: readonly number[];
  readonly totalMs: readonly number[];
  readonly perSecond: number;
  readonly longestStallMs: number;
}

/** So many requests, `lanes` of them at once. */
async function load(
  gateway: RunningGateway,
  stream: boolean,
  requests: number,
  lanes: number,
): Promise<Load> {
  const firstChunkMs: number[] = [];
  const totalMs: number[] = [];
  let left = requests;
  const startedAt = performance.now();
  let lastAt = startedAt;
  let longestStallMs = 0;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const timing = await chat(gateway, stream);
      const now = performance.now();
      longestStallMs = Math.max(longestStallMs, now - lastAt);
      lastAt = now;
      firstChunkMs.push(timing.firstChunkMs);
      totalMs.push(timing.totalMs);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const perSecond = requests / ((performance.now() - startedAt) / 1_000);
  return { firstChunkMs, totalMs, perSecond, longestStallMs };
}
