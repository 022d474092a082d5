import { ManualClock } from '@millrace/runtime';
import { describe, expect, it } from 'vitest';
import { collect, endToken, fabricatedEngine, generationOf } from './engine-fixture.ts';
import type { Engine } from './engine.ts';
import type { FabricatedStep } from './fabricated-runner.ts';
import type { Generation, Step } from './generation.ts';

const empty = new Int32Array(0);
const longPrompt = Int32Array.from({ length: 60 }, (_, index) => index);

/** A step that waits until it is let go. */
function gate() {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: (): void => opened.resolve(),
    wait: (): Promise<void> => {
      reached.resolve();
      return opened.promise;
    },
  };
}

describe('Engine', () => {
  it('ends at the number of tokens asked for, and counts them', async () => {
    const { engine } = fabricatedEngine({ vocabularySize: 259 });
    const { tokens, finished } = await collect(engine.generate(generationOf({ maxTokens: 5 })));
    expect(tokens).toHaveLength(5);
    expect(finished).toMatchObject({ reason: 'length', promptTokens: 3, completionTokens: 5 });
  });

  it('ends where the context of the model ends', async () => {
    const { engine } = fabricatedEngine({ contextLength: 10, vocabularySize: 259 });
    const { tokens, finished } = await collect(engine.generate(generationOf({ maxTokens: 100 })));
    expect(tokens).toHaveLength(7);
    expect(finished.reason).toBe('length');
  });

  it('ends at the end-of-sequence token, which is neither text nor counted', async () => {
    const { engine } = fabricatedEngine();
    const ends = await Promise.all(
      Array.from({ length: 12 }, (_, seed) =>
        collect(engine.generate(generationOf({ seed: BigInt(seed), maxTokens: 100 }))),
      ),
    );
    expect(ends.some(({ finished }) => finished.reason === 'stop')).toBe(true);
    for (const { tokens, finished } of ends) {
      expect(tokens).not.toContain(endToken);
      expect(finished.completionTokens).toBe(tokens.length);
    }
  });

  it('ends in front of a stop string, which is not part of the text', async () => {
    const { engine } = fabricatedEngine({ vocabularySize: 259 });
    const whole = await collect(engine.generate(generationOf({ maxTokens: 100 })));
    const stop = whole.text.slice(4, 6);
    const cut = await collect(engine.generate(generationOf({ maxTokens: 100, stop: [stop] })));
    expect(cut.finished.reason).toBe('stop');
    expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(cut.tokens).toEqual(whole.tokens.slice(0, cut.tokens.length));
  });

  it('ends as cancelled after the step in flight when the signal is aborted, and frees the slot', async () => {
    const step = gate();
    const { engine } = fabricatedEngine({
      slots: 1,
      beforeStep: (next) => (next.kind === 'decode' ? step.wait() : undefined),
    });
    const controller = new AbortController();
    const cancelled = collect(engine.generate(generationOf({ signal: controller.signal })));
    const queued = collect(engine.generate(generationOf()));
    await step.reached;
    controller.abort();
    step.open();
    const { tokens, finished } = await cancelled;
    expect(finished).toMatchObject({ reason: 'cancelled', text: '', completionTokens: 1 });
    expect(tokens).toHaveLength(1);
    await queued;
    expect(engine.freeSlots).toBe(1);
  });

  it('ends as cancelled in the middle of a prefill and while it waits', async () => {
    const step = gate();
    const { engine } = fabricatedEngine({ slots: 1, beforeStep: () => step.wait() });
    const controller = new AbortController();
    const { signal } = controller;
    const both = [
      collect(engine.generate(generationOf({ promptTokens: longPrompt, signal }))),
      collect(engine.generate(generationOf({ signal }))),
    ];
    await step.reached;
    controller.abort();
    step.open();
    for (const { finished, tokens } of await Promise.all(both)) {
      expect(finished.reason).toBe('cancelled');
      expect(tokens).toEqual([]);
    }
    expect(engine.freeSlots).toBe(1);
  });

  it('runs nothing for a signal that is aborted already', async () => {
    const { engine } = fabricatedEngine();
    const { finished } = await collect(engine.generate(generationOf({ signal: AbortSignal.abort() })));
    expect(finished).toMatchObject({ reason: 'cancelled', completionTokens: 0 });
    expect(engine.running + engine.waiting).toBe(0);
  });

  it('shows nothing that was held back when it is cancelled, since another attempt may complete it', async () => {
    const whole = await collect(fabricatedEngine({ vocabularySize: 259 }).engine.generate(generationOf()));
    const stop = `${whole.text.slice(0, 3)}and then something else`;
    const controller = new AbortController();
    const { engine } = fabricatedEngine({ vocabularySize: 259 });
    const texts: string[] = [];
    for await (const step of engine.generate(generationOf({ stop: [stop], signal: controller.signal }))) {
      texts.push(step.text);
      controller.abort();
    }
    expect(texts).toEqual(['', '']);
  });

  it('frees the slot after the step in flight when the reader leaves', async () => {
    let steps = 0;
    const { engine } = fabricatedEngine({
      slots: 1,
      vocabularySize: 259,
      beforeStep: () => void (steps += 1),
    });
    for await (const step of engine.generate(generationOf({ maxTokens: 100 }))) {
      if (step.kind === 'tokens') break;
    }
    await collect(engine.generate(generationOf({ maxTokens: 1 })));
    expect(steps).toBeLessThan(5);
    expect(engine.freeSlots).toBe(1);
  });

  it('merges the tokens of several steps for a slow reader', async () => {
    const { engine } = fabricatedEngine({ vocabularySize: 259 });
    const slow = engine.generate(generationOf());
    const fast = await collect(engine.generate(generationOf()));
    const steps: Step[] = [];
    for await (const step of slow) steps.push(step);
    expect(steps.map(({ kind }) => kind)).toEqual(['tokens', 'finished']);
    expect(steps[0]).toMatchObject({ tokens: Int32Array.from(fast.tokens) });
    expect(steps.map(({ text }) => text).join('')).toBe(fast.text);
  });

  it('reports the log-probabilities that were asked for, one for each token, merged as the tokens are', async () => {
    const { engine } = fabricatedEngine({ vocabularySize: 259 });
    const slow = engine.generate(generationOf({ logprobs: 2 }));
    const fast = await collect(engine.generate(generationOf({ logprobs: 2 })));
    expect(fast.logprobs).toHaveLength(fast.tokens.length);
    for (const [index, { logprob, top }] of fast.logprobs.entries()) {
      expect(top).toHaveLength(2);
      const same = top.find(({ token }) => token === fast.tokens[index]);
      expect(same?.logprob ?? logprob).toBe(logprob);
      expect(logprob).toBeLessThanOrEqual(top[0]?.logprob ?? -Infinity);
    }
    const steps: Step[] = [];
    for await (const step of slow) steps.push(step);
    expect(steps[0]).toMatchObject({ logprobs: fast.logprobs });
    const without = await collect(engine.generate(generationOf()));
    expect(without).toMatchObject({ tokens: fast.tokens, logprobs: [] });
  });

  it('draws no token twice under the largest penalties, and only what a bias allows', async () => {
    const { engine } = fabricatedEngine({ vocabularySize: 259 });
    const [repeated, fresh, forced] = await Promise.all(
      [
        { logitBias: new Map([[5, 100]]) },
        { logitBias: new Map([[5, 4]]), frequencyPenalty: 2, presencePenalty: 2, repetitionPenalty: 100 },
        { logitBias: new Map([[5, 100]]), temperature: 0, repetitionPenalty: 2 },
      ].map((changes) => collect(engine.generate(generationOf({ maxTokens: 12, ...changes })))),
    );
    expect(new Set(repeated?.tokens)).toEqual(new Set([5]));
    expect(new Set(fresh?.tokens).size).toBe(12);
    expect(new Set(forced?.tokens)).toEqual(new Set([5]));
  });

  it('delays the tokens of others by one chunk of a long prompt at a time', async () => {
    const history: FabricatedStep['kind'][] = [];
    const { engine } = fabricatedEngine({
      vocabularySize: 259,
      beforeStep: ({ kind }) => void history.push(kind),
    });
    const first = engine.generate(generationOf({ maxTokens: 30 }));
    const second = engine.generate(generationOf({ promptTokens: longPrompt, maxTokens: 1 }));
    await Promise.all([collect(first), collect(second)]);
    expect(history.slice(0, 16).join(' ')).toBe(Array(8).fill('prefill decode').join(' '));
  });

  it('prefills the prompts of tenants that wait for each other by their weights', async () => {
    const turns: number[] = [];
    const { engine } = fabricatedEngine(
      {
        slots: 2,
        beforeStep: (step) => {
          if (step.kind === 'prefill') turns.push(step.slot);
        },
      },
      { tenantWeights: new Map([['paying', 3]]) },
    );
    const prompt = { promptTokens: longPrompt, maxTokens: 1 };
    await Promise.all(
      ['plain', 'paying'].map((cacheScope) =>
        collect(engine.generate(generationOf({ ...prompt, cacheScope }))),
      ),
    );
    // Two of the first eight are for the tenant that came first.
    expect(turns.slice(0, 8).filter((slot) => slot === turns[0])).toHaveLength(2);
  });

  it('measures queue, prefill and decode by the clock', async () => {
    const clock = new ManualClock();
    const { engine } = fabricatedEngine({
      slots: 1,
      vocabularySize: 259,
      clock,
      beforeStep: () => clock.advance(10),
    });
    const both = await Promise.all([
      collect(engine.generate(generationOf({ maxTokens: 4 }))),
      collect(engine.generate(generationOf({ maxTokens: 2, promptTokens: longPrompt.subarray(0, 16) }))),
    ]);
    expect(both.map(({ finished }) => finished.timings)).toEqual([
      { queueMs: 0, prefillMs: 10, decodeMs: 30 },
      { queueMs: 40, prefillMs: 20, decodeMs: 10 },
    ]);
    expect(engine.lastProgressAt).toBe(clock.now());
  });

  it('fails what is active when the runner fails, after what was generated, and is unhealthy from then on', async () => {
    let steps = 0;
    const { engine } = fabricatedEngine({
      vocabularySize: 259,
      beforeStep: () => {
        steps += 1;
        if (steps > 6) throw new Error('out of memory');
      },
    });
    const failing = [
      engine.generate(generationOf()),
      engine.generate(generationOf({ promptTokens: longPrompt })),
    ];
    const seen: number[] = [];
    const error = await failOf(failing[0], (step) => step.kind === 'tokens' && seen.push(...step.tokens));
    expect(error).toMatchObject({
      code: 'engine_failed',
      retryable: true,
      cause: { message: 'out of memory' },
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(await failOf(failing[1])).toMatchObject({ code: 'engine_failed' });
    expect(engine.healthy).toBe(false);
    expect(engine.freeSlots).toBe(0);
    expect(await failOf(engine.generate(generationOf()))).toMatchObject({ code: 'engine_failed' });
  });

  it('is unhealthy while a step takes too long, and healthy while it has nothing to do', async () => {
    const clock = new ManualClock();
    const step = gate();
    const { engine } = fabricatedEngine({ clock, beforeStep: () => step.wait() });
    await clock.advance(3_600_000);
    expect(engine.healthy).toBe(true);
    const running = collect(engine.generate(generationOf()));
    await step.reached;
    await clock.advance(60_001);
    expect(engine.healthy).toBe(false);
    step.open();
    await running;
    expect(engine.healthy).toBe(true);
  });

  it('hands back what is active when it is stopped, and closes the runner after the step in flight', async () => {
    const step = gate();
    const { engine, runner } = fabricatedEngine({ beforeStep: () => step.wait() });
    const active = failOf(engine.generate(generationOf()));
    await step.reached;
    const stopping = engine.stop();
    expect(await active).toMatchObject({ code: 'unavailable', retryable: true });
    expect(runner.closed).toBe(false);
    step.open();
    await stopping;
    expect(runner.closed).toBe(true);
    expect(await failOf(engine.generate(generationOf()))).toMatchObject({ code: 'unavailable' });
    await engine.stop();
  });

  it.each([
    ['no prompt', { promptTokens: empty }, 'missing_value'],
    ['a prompt that fills the context', { promptTokens: new Int32Array(128) }, 'context_length_exceeded'],
    ['an unknown token', { promptTokens: Int32Array.of(260) }, 'invalid_value'],
    ['no tokens asked for', { maxTokens: 0 }, 'invalid_value'],
    ['a negative temperature', { temperature: -1 }, 'invalid_value'],
    ['a top-p of 0', { topP: 0 }, 'invalid_value'],
    ['a top-k that is not whole', { topK: 1.5 }, 'invalid_value'],
    ['more alternatives than are reported', { logprobs: 21 }, 'invalid_value'],
  ])('refuses %s', (_, changes, code) => {
    const { engine } = fabricatedEngine();
    expect(() => engine.generate(generationOf(changes))).toThrow(expect.objectContaining({ code }));
    expect(engine.freeSlots).toBe(4);
  });
});

async function failOf(
  steps: AsyncIterable<Step> | undefined,
  see: (step: Step) => unknown = () => undefined,
) {
  try {
    for await (const step of steps ?? []) see(step);
  } catch (error) {
    return error;
  }
  return undefined;
}

const askLong = (engine: Engine, changes: Partial<Generation>) =>
  collect(engine.generate(generationOf({ promptTokens: longPrompt, ...changes })));

describe('the prefix cache', () => {
  const withCache = { prefixCacheBytes: 10_000 };

  it('saves the second prompt with the same beginning its prefill, and changes no token', async () => {
    const steps: FabricatedStep[] = [];
    const { engine } = fabricatedEngine({ beforeStep: (step) => void steps.push(step) }, withCache);
    const first = await askLong(engine, {});
    const chunks = steps.filter(({ kind }) => kind === 'prefill').length;
    const second = await askLong(engine, {});
    expect(chunks).toBe(8);
    expect(steps.filter(({ kind }) => kind === 'prefill')).toHaveLength(chunks + 1);
    expect(first.finished.cachedTokens).toBe(0);
    expect(second.finished.cachedTokens).toBe(56);
    expect(second.tokens).toEqual(first.tokens);
  });

  it('is not shared between tenants, except for what all prompts begin with', async () => {
    const publicPrefix = longPrompt.slice(0, 20);
    const { engine } = fabricatedEngine({}, { ...withCache, publicPrefix });
    await askLong(engine, { cacheScope: 'acme' });
    expect((await askLong(engine, { cacheScope: 'other' })).finished.cachedTokens).toBe(16);
    expect((await askLong(engine, { cacheScope: 'acme' })).finished.cachedTokens).toBe(56);
  });

  it('counts no token of the answer as one of the prompt', async () => {
    const { engine } = fabricatedEngine({ vocabularySize: 259 }, withCache);
    const continuation = Int32Array.from({ length: 20 }, () => 3);
    await askLong(engine, { continuation, maxTokens: 25 });
    const { finished } = await askLong(engine, { continuation, maxTokens: 25 });
    expect(finished).toMatchObject({ promptTokens: 60, cachedTokens: 60, completionTokens: 25 });
  });
});

describe('a reproducible generation', () => {
  it('is never alone in its batch, and gives the padding a place where it does no harm', async () => {
    const steps: FabricatedStep[] = [];
    const { engine } = fabricatedEngine({ beforeStep: (step) => void steps.push(step) });
    const [alone, other] = [generationOf({ reproducible: true }), generationOf({ promptTokens: longPrompt })];
    const expected = await Promise.all(
      [alone, other].map((each) => collect(fabricatedEngine().engine.generate(each))),
    );
    const both = await Promise.all([alone, other].map((each) => collect(engine.generate(each))));
    expect(both.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
    const decodes = steps.filter((step) => step.kind === 'decode');
    const paddings = decodes.flatMap(({ rows }) => rows.filter(({ isPadding }) => isPadding));
    expect(paddings.length).toBeGreaterThan(0);
    // Beside a prefill in its slot: where the next chunk begins.
    expect(paddings.some(({ position }) => position > 0 && position % 8 === 0)).toBe(true);
  });
});
