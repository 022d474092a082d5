import { ManualClock, type Clock } from '@millrace/runtime';
import { createEngine, type Engine, type EngineOptions } from './engine.ts';
import { FabricatedRunner, type FabricatedRunnerOptions } from './fabricated-runner.ts';
import type { FinishedStep, Generation, Step } from './generation.ts';
import type { TokenLogprobs } from './logprobs.ts';
import { neutralSampling } from './neutral-sampling.ts';

/** The end-of-sequence token of the fixture. */
export const endToken = 259;

/** Single bytes of characters of one to four bytes, so that most tokens are parts of characters. */
const bytes = new TextEncoder().encode('ab é\u{1f600} xy\n字');

export function tokenBytes(token: number): Uint8Array {
  const at = token % bytes.length;
  return token === endToken ? new Uint8Array(0) : bytes.subarray(at, at + 1);
}

/** For tests: an engine on a fabricated runner. */
export function fabricatedEngine(
  options: FabricatedRunnerOptions & { readonly clock?: Clock; readonly runner?: FabricatedRunner } = {},
  engineOptions: Pick<
    EngineOptions,
    'prefixCacheBytes' | 'publicPrefix' | 'stalledAfterMs' | 'tenantWeights'
  > = {},
): {
  readonly engine: Engine;
  readonly runner: FabricatedRunner;
} {
  const runner = options.runner ?? new FabricatedRunner({ endToken, ...options });
  const clock = options.clock ?? new ManualClock();
  const engine = createEngine({
    name: 'fabricated',
    version: '1',
    runner,
    tokenBytes,
    endTokens: new Set([endToken]),
    ...engineOptions,
    clock,
  });
  return { engine, runner };
}

export function generationOf(changes: Partial<Generation> = {}): Generation {
  return {
    requestId: 'request',
    cacheScope: 'tenant',
    priority: 'NORMAL',
    promptTokens: Int32Array.of(1, 2, 3),
    continuation: new Int32Array(0),
    maxTokens: 20,
    ...neutralSampling,
    seed: 7n,
    reproducible: false,
    stop: [],
    signal: new AbortController().signal,
    ...changes,
  };
}

export interface Collected {
  readonly resumed: string | undefined;
  readonly tokens: readonly number[];
  readonly logprobs: readonly TokenLogprobs[];
  /** All text after the resumed one. */
  readonly text: string;
  readonly finished: FinishedStep;
  /** All text released up to and with each token. */
  readonly releasedAfter: readonly string[];
}

/** Reads a generation to its end. */
export async function collect(steps: AsyncIterable<Step>): Promise<Collected> {
  let resumed: string | undefined;
  let finished: FinishedStep | undefined;
  let text = '';
  const tokens: number[] = [];
  const logprobs: TokenLogprobs[] = [];
  const releasedAfter: string[] = [];
  for await (const step of steps) {
    if (finished !== undefined) throw new Error('a step came after the last one');
    if (step.kind === 'resumed') {
      if (resumed !== undefined || tokens.length > 0) throw new Error('resumed was not the first step');
      resumed = step.text;
      continue;
    }
    text += step.text;
    if (step.kind === 'finished') finished = step;
    else {
      tokens.push(...step.tokens);
      logprobs.push(...(step.logprobs ?? []));
      releasedAfter.push(...Array.from(step.tokens, () => (resumed ?? '') + text));
    }
  }
  if (finished === undefined) throw new Error('the generation ended without a last step');
  return { resumed, tokens, logprobs, text, finished, releasedAfter };
}
