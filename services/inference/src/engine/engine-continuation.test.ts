import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, endToken, fabricatedEngine, generationOf, tokenBytes } from './engine-fixture.ts';
import type { Generation } from './generation.ts';
import { TokenText } from './token-text.ts';

const token = fc.integer({ min: 0, max: endToken - 1 });
const generation = fc
  .record({
    promptTokens: fc.array(token, { minLength: 1, maxLength: 30 }).map((tokens) => Int32Array.from(tokens)),
    maxTokens: fc.integer({ min: 1, max: 24 }),
    temperature: fc.constantFrom(0, 0.7, 1, 1.6),
    topK: fc.constantFrom(0, 5, 100),
    topP: fc.constantFrom(1, 0.9, 0.3),
    minP: fc.constantFrom(0, 0, 0.05, 0.5),
    repetitionPenalty: fc.constantFrom(1, 1, 1.3, 0.8),
    presencePenalty: fc.constantFrom(0, 0, 1.5, -1),
    frequencyPenalty: fc.constantFrom(0, 0, 0.7, -0.4),
    logitBias: fc
      .array(fc.tuple(fc.nat(endToken), fc.integer({ min: -10, max: 6 })), { maxLength: 4 })
      .map((entries) => new Map(entries)),
    logprobs: fc.constantFrom(undefined, 0, 3),
    seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    stop: fc.constantFrom([], ['ab'], ['é', 'xy\n'], ['a', ' x', '\u{1f600}b']),
  })
  .map((changes) => generationOf(changes));

const alone = (request: Generation) => collect(fabricatedEngine().engine.generate(request));

describe('an interrupted generation', () => {
  it('goes on as if it had not been interrupted, at every cut', async () => {
    await fc.assert(
      fc.asyncProperty(generation, async (request) => {
        const whole = await alone(request);
        for (let cut = 1; cut <= whole.tokens.length; cut++) {
          const continuation = Int32Array.from(whole.tokens.slice(0, cut));
          const rest = await alone({ ...request, continuation });
          expect(rest.tokens).toEqual(whole.tokens.slice(cut));
          expect(rest.logprobs).toEqual(whole.logprobs.slice(cut));
          expect((rest.resumed ?? '') + rest.text).toBe(whole.text);
          expect(rest.finished.reason).toBe(whole.finished.reason);
          expect(rest.finished.completionTokens).toBe(whole.finished.completionTokens);

          const text = new TokenText(tokenBytes, request.stop);
          const released = Array.from(continuation, (id) => text.push(id).text).join('');
          expect(rest.resumed).toBe(released);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('that had drawn its last token only reports the end', async () => {
    const whole = await alone(generationOf({ maxTokens: 6, seed: 3n }));
    expect(whole.finished.reason).toBe('length');
    const { engine, runner } = fabricatedEngine({
      beforeStep: () => {
        throw new Error('a step ran');
      },
    });
    const request = generationOf({ maxTokens: 6, seed: 3n, continuation: Int32Array.from(whole.tokens) });
    const rest = await collect(engine.generate(request));
    expect(rest).toMatchObject({
      tokens: [],
      finished: { reason: 'length', completionTokens: 6, promptTokens: 3 },
    });
    expect(runner.closed).toBe(false);
  });
});

describe('generations that share the engine', () => {
  it('answer as each would alone, whatever joins, leaves or is cancelled', async () => {
    const plan = fc.array(
      fc.record({
        request: generation,
        afterSteps: fc.nat(30),
        cancelAfter: fc.option(fc.integer({ min: 0, max: 12 })),
      }),
      { minLength: 1, maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 4 }), async (plans, slots) => {
        let steps = 0;
        const arrivals = new Set<() => void>();
        const { engine } = fabricatedEngine(
          {
            slots,
            beforeStep: () => {
              steps += 1;
              for (const arrive of arrivals) arrive();
            },
          },
          // Room for three blocks, so that they come and go.
          { prefixCacheBytes: 100 },
        );
        const runOne = async ({ request, afterSteps, cancelAfter }: (typeof plans)[number]) => {
          await new Promise<void>((resolve) => {
            const arrive = (): void => {
              if (steps < afterSteps && engine.running > 0) return;
              arrivals.delete(arrive);
              resolve();
            };
            arrivals.add(arrive);
            arrive();
          });
          const controller = new AbortController();
          const tokens: number[] = [];
          let reason = '';
          for await (const step of engine.generate({ ...request, signal: controller.signal })) {
            if (step.kind === 'tokens') tokens.push(...step.tokens);
            if (cancelAfter !== null && tokens.length >= cancelAfter) controller.abort();
            if (step.kind === 'finished') reason = step.reason;
          }
          const expected = await alone(request);
          const cancelled = reason === 'cancelled';
          expect({ tokens, reason }).toEqual({
            tokens: cancelled ? expected.tokens.slice(0, tokens.length) : expected.tokens,
            reason: cancelled ? 'cancelled' : expected.finished.reason,
          });
        };
        // Whoever waits for a step that never comes arrives when the others have ended.
        const all = plans.map(runOne);
        for (const run of all) {
          while (arrivals.size > 0) {
            for (const arrive of arrivals) arrive();
            await new Promise((resolve) => {
              setImmediate(resolve);
            });
          }
          await run;
        }
        expect({ running: engine.running, waiting: engine.waiting, free: engine.freeSlots }).toEqual({
          running: 0,
          waiting: 0,
          free: slots,
        });
        expect(engine.healthy).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
