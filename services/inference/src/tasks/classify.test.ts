import { describe, expect, it } from 'vitest';
import type { RequestEvent } from '@millrace/stage';
import { runAnswer, type RunOptions } from '../answer.fixture.ts';
import { endToken, fabricatedEngine } from '../engine/engine-fixture.ts';
import { FabricatedRunner } from '../engine/fabricated-runner.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { nothingPublished, type Published } from '../published.ts';
import { classifyTexts, planClassification } from './classify.ts';
import type { LabelScore } from './label-scores.ts';

const event = { request_id: 'r1', tenant: 'acme', priority: 'NORMAL' } as unknown as RequestEvent;
const bytes = (text: string): Int32Array => Int32Array.from(Buffer.from(text));
const texts = ['one', 'two', 'three', 'four', 'five'];
const labels = ['good', 'bad', 'go', ' odd '];

interface Options {
  readonly published?: Published;
  readonly onAppend?: RunOptions['onAppend'];
  readonly topK?: number;
}

/** Classifies with an engine of its own, whose tokens are bytes. */
async function classify({ published = nothingPublished(texts.length), onAppend, topK }: Options = {}) {
  const scored: string[] = [];
  const { engine } = fabricatedEngine({ slots: 4, mayRewind: true });
  const counting = {
    ...engine,
    card: engine.card,
    slots: engine.slots,
    score: (scoring: Parameters<typeof engine.score>[0]) => {
      scored.push(Buffer.from(scoring.promptTokens).toString());
      return engine.score(scoring);
    },
  };
  const model = {
    engine: counting,
    encodePrompt: ([message]: readonly { content: string }[]) => bytes(message?.content ?? ''),
    encodeAnswer: (text: string) => Int32Array.of(...bytes(text), endToken),
    tasks: { messages: (_task: string, _content: object, content: string) => [{ role: 'user', content }] },
  } as unknown as LoadedModel;
  const task = { texts, labels, ...(topK === undefined ? {} : { top_k: topK }) };
  const outcome = await runAnswer({
    published,
    onAppend,
    work: async (signal) => {
      const plan = await planClassification(model, event, { messages: [], stop: [], task }, signal);
      return (request, writer) => classifyTexts(plan, request, writer);
    },
  });
  await engine.stop();
  return { ...outcome, scored };
}

/** The scores of one text, from the full logits of each position, one label after the other. */
async function reference(text: string): Promise<readonly LabelScore[]> {
  const runner = new FabricatedRunner({ endToken, prefillChunk: 128 });
  const means: number[] = [];
  for (const label of labels) {
    const tokens = [...bytes(label.trim()), endToken];
    let sum = 0;
    for (const [index, token] of tokens.entries()) {
      const before = Int32Array.of(...bytes(text), ...tokens.slice(0, index));
      const logits = [...((await runner.prefill(0, before, 0, true))?.fullLogits() ?? [])];
      sum += (logits[token] ?? 0) - Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    }
    means.push(sum / tokens.length);
  }
  const total = means.reduce((all, mean) => all + Math.exp(mean), 0);
  return labels
    .map((label, index) => ({ label, score: Math.exp(means[index] ?? 0) / total }))
    .toSorted((one, other) => other.score - one.score);
}

const labelsIn = (text: string) => (JSON.parse(text) as { readonly labels: readonly LabelScore[] }).labels;

describe('classifyTexts', () => {
  it('gives the softmax of the mean log-softmax of each label, in one chunk for each text', async () => {
    const { result, chunks, textOf } = await classify();
    expect(chunks).toHaveLength(texts.length);
    for (const [choice, text] of texts.entries()) {
      const scores = labelsIn(textOf(choice));
      const expected = await reference(text);
      expect(scores.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
      for (const [index, { score }] of scores.entries())
        expect(score).toBeCloseTo(expected[index]?.score ?? Number.NaN, 5);
      expect(Math.abs(scores.reduce((sum, { score }) => sum + score, 0) - 1)).toBeLessThan(1e-9);
    }
    const characters = texts.join('').length;
    const labelTokens = labels.map((label) => label.trim().length + 1).reduce((sum, length) => sum + length);
    expect(result).toMatchObject({
      value: {
        outcome: 'COMPLETED',
        finishReasons: texts.map(() => 'stop'),
        usage: { input_tokens: characters + texts.length * labelTokens, output_tokens: 0 },
      },
    });
  });

  it('reports as many labels as are asked for, with their scores among all', async () => {
    const whole = await classify();
    const { textOf } = await classify({ topK: 2 });
    expect(labelsIn(textOf(0))).toEqual(labelsIn(whole.textOf(0)).slice(0, 2));
  });

  it('leaves the texts whose labels are published, and charges them all the same', async () => {
    const whole = await classify();
    const done = { tokens: new Int32Array(), text: whole.textOf(1), finishReason: 'stop' };
    const published = nothingPublished(texts.length);
    const { result, chunks, scored } = await classify({
      published: {
        ...published,
        choices: published.choices.map((choice, index) => (index === 1 ? done : choice)),
      },
    });
    expect(scored.toSorted()).toEqual(texts.filter((text) => text !== 'two').toSorted());
    expect(chunks.map(({ choice }) => choice)).not.toContain(1);
    const expected = whole.result.status === 'fulfilled' ? whole.result.value : undefined;
    expect(result).toMatchObject({ value: { digest: expected?.digest, usage: expected?.usage } });
  });

  it('charges a request that is cancelled for the texts whose labels are published', async () => {
    const cancellation = { tenant: 'acme', request_id: 'r1', reason: 'client', at: 0 } as const;
    const { result, chunks } = await classify({
      onAppend: (_record, interrupt) => interrupt({ kind: 'cancelled', cancellation }),
    });
    const labelTokens = labels.map((label) => label.trim().length + 1).reduce((sum, length) => sum + length);
    const charged = chunks.map(({ choice }) => (texts[choice]?.length ?? 0) + labelTokens);
    expect(chunks.length).toBeLessThan(texts.length);
    expect(result).toMatchObject({
      value: {
        outcome: 'CANCELLED',
        usage: { input_tokens: charged.reduce((sum, tokens) => sum + tokens, 0) },
      },
    });
  });
});
