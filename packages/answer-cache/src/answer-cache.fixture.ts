import { createMetrics, ManualClock, seededRandom } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import { createAnswerCache, type AnswerCacheOptions, type LookUp } from './answer-cache.ts';
import type { CacheEvent, CacheRequest } from './cache-request.ts';
import type { CachedAnswer } from './cached-answer.ts';

export const never = new AbortController().signal;

const parameters = {
  max_tokens: 16,
  temperature: 0,
  top_k: 0,
  top_p: 1,
  seed: -1,
  min_p: 0,
  repetition_penalty: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  n: 1,
  logprobs: null,
};

export interface RequestChanges extends Partial<Omit<CacheEvent, 'parameters'>> {
  readonly parameters?: Partial<CacheEvent['parameters']>;
  readonly content?: Partial<RequestContent>;
  readonly modelVersion?: string;
}

/** A request for tests: at temperature 0, so that its answer may be given again. */
export function requestOf(text: string, changes: RequestChanges = {}): CacheRequest {
  const { content, modelVersion = '1', parameters: changed, ...event } = changes;
  return {
    event: {
      tenant: 'acme',
      operation: 'generate',
      model: 'm',
      priority: 'NORMAL',
      cache: 'AUTO',
      personal_data: [],
      ...event,
      parameters: { ...parameters, ...changed },
    },
    content: () => ({ messages: [{ role: 'user', content: text }], stop: [], ...content }),
    modelVersion,
  };
}

export function answerOf(requestId: string, text = 'Paris', finishReason = 'stop'): CachedAnswer {
  return {
    requestId,
    chunks: [{ choice: 0, text, tokens: [1, 2, 3] }],
    finishReason,
    finishReasons: [],
    usage: {
      input_tokens: 5,
      cached_input_tokens: 0,
      output_tokens: 3,
      characters_in: 9,
      characters_out: text.length,
      source: 'ENGINE',
    },
    digest: 'digest',
  };
}

/** A cache with a clock of its own. */
export function startCache(options: Partial<AnswerCacheOptions> = {}) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const cache = createAnswerCache({
    clock,
    metrics,
    random: seededRandom(1),
    maxBytes: 1024 ** 2,
    keepMs: 60_000,
    semanticThresholds: new Map(),
    ...options,
  });
  /** What the request gets; where it has to be generated, this is its answer from then on. */
  const ask = async (request: CacheRequest, answer: CachedAnswer) => {
    const found = await cache.lookUp(request, never);
    if (found?.kind === 'miss') {
      found.keep(answer);
      found.release();
    }
    return describe(found);
  };
  const sampleOf = async (name: string): Promise<number> => {
    const { body } = await metrics.expose();
    const lines = body.split('\n').filter((line) => line.startsWith(name));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  return { cache, clock, ask, sampleOf };
}

/** In short: whose answer it was. */
export function describe(found: LookUp | undefined): string | undefined {
  return found?.kind === 'hit' ? found.answer.requestId : found?.kind;
}
