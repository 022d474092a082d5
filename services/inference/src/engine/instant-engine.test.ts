import { ManualClock } from '@millrace/runtime';
import { describe, expect, it } from 'vitest';
import { collect, generationOf } from './engine-fixture.ts';
import { createInstantEngine } from './instant-engine.ts';

const text = 'The \u{1f600} answer to everything is forty-two.';
const card = { name: 'instant', version: '1', contextLength: 1024, vocabularySize: 64 };
const instantEngine = () => createInstantEngine({ card, text, steps: 10, clock: new ManualClock() });

describe('InstantEngine', () => {
  it('gives its text in the steps that it was told', async () => {
    const collected = await collect(instantEngine().generate(generationOf()));
    expect(collected.text).toBe(text);
    expect(collected.tokens).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(collected.finished).toMatchObject({ reason: 'stop', promptTokens: 3, completionTokens: 10 });
  });

  it('goes on behind a continuation', async () => {
    const rest = await collect(
      instantEngine().generate(generationOf({ continuation: Int32Array.of(0, 1, 2) })),
    );
    expect((rest.resumed ?? '') + rest.text).toBe(text);
    expect(rest.tokens).toHaveLength(7);
    expect(rest.finished.completionTokens).toBe(10);
  });

  it('ends at the number of tokens asked for', async () => {
    const { tokens, finished } = await collect(instantEngine().generate(generationOf({ maxTokens: 4 })));
    expect(tokens).toHaveLength(4);
    expect(finished.reason).toBe('length');
  });

  it('reports its tokens as certain where log-probabilities are asked for', async () => {
    const { logprobs } = await collect(instantEngine().generate(generationOf({ maxTokens: 2, logprobs: 5 })));
    expect(logprobs).toEqual([0, 1].map((token) => ({ logprob: 0, top: [{ token, logprob: 0 }] })));
  });

  it('ends as cancelled when the signal is aborted, and frees the slot', async () => {
    const engine = instantEngine();
    const controller = new AbortController();
    let reason = '';
    for await (const step of engine.generate(generationOf({ signal: controller.signal }))) {
      controller.abort();
      if (step.kind === 'finished') reason = step.reason;
    }
    expect(reason).toBe('cancelled');
    expect(engine.freeSlots).toBe(engine.slots);
  });
});
