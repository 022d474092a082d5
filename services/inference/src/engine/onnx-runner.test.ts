import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { convertModel } from '../model/convert-model.ts';
import { makeGguf } from '../model/gguf-fixture.ts';
import type { Candidates, ModelRunner } from './model-runner.ts';
import { createOnnxRunner } from './onnx-runner.ts';

let folder: string;
let runner: ModelRunner;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-runner-'));
  const source = path.join(folder, 'fixture.gguf');
  await writeFile(source, makeGguf({ linearType: 'Q4_1', embeddingType: 'Q8_0' }));
  await convertModel({ source, target: folder, mode: 'exact' });
});
beforeEach(async () => {
  runner = await createOnnxRunner({
    modelDir: folder,
    threads: 1,
    slots: 4,
    contextLength: 64,
    prefillChunk: 8,
  });
});
afterEach(async () => {
  await runner.close();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const prompts = [
  [5, 17, 90, 33],
  [2, 64, 41, 7, 8, 9, 10],
  [77],
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
];

async function prefill(
  slot: number,
  tokens: readonly number[],
  chunk = runner.prefillChunk,
): Promise<Candidates> {
  let last: Candidates | undefined;
  for (let start = 0; start < tokens.length; start += chunk) {
    const part = Int32Array.from(tokens.slice(start, start + chunk));
    last = await runner.prefill(slot, part, start, start + chunk >= tokens.length);
  }
  if (last === undefined) throw new Error('the last chunk has candidates');
  return last;
}

const best = (candidates: Candidates | undefined): number => candidates?.tokens[0] ?? -1;

/** Prompt and greedy answer, alone on slot 0. */
async function generateAlone(prompt: readonly number[], count: number): Promise<number[]> {
  const answer = [best(await prefill(0, prompt))];
  while (answer.length < count) {
    const position = prompt.length + answer.length - 1;
    const [candidates] = await runner.decode([{ token: answer.at(-1) ?? -1, position }]);
    answer.push(best(candidates));
  }
  return answer;
}

describe('the runner', () => {
  it('gives each row of a ragged batch what it would get alone, to the bit', async () => {
    const alone: number[][] = [];
    for (const prompt of prompts) alone.push(await generateAlone(prompt, 6));
    const together: number[][] = [];
    for (const [slot, prompt] of prompts.entries()) together.push([best(await prefill(slot, prompt))]);
    for (let step = 1; step < 6; step += 1) {
      const rows = prompts.map((prompt, slot) => ({
        token: together[slot]?.at(-1) ?? -1,
        position: prompt.length + step - 1,
      }));
      for (const [slot, candidates] of (await runner.decode(rows)).entries())
        together[slot]?.push(best(candidates));
    }
    expect(together).toEqual(alone);
  });

  it('gives the same candidates whether a prompt comes in chunks or at once', async () => {
    const prompt = [9, 8, 7, 6, 5, 4, 3, 2];
    const whole = [...(await prefill(0, prompt)).logits];
    const chunked = [...(await prefill(1, prompt, 3)).logits];
    expect(chunked.length).toBe(64);
    for (const [index, logit] of chunked.entries()) expect(logit).toBeCloseTo(whole[index] ?? 0, 4);
  });

  it('goes on in the slot to which a sequence was moved', async () => {
    const prompt = prompts[1] ?? [];
    const first = best(await prefill(3, prompt));
    const [stayed] = (await generateAlone(prompt, 2)).slice(1);
    await prefill(0, [50, 51, 52]);
    runner.moveSlot(3, 0, prompt.length);
    const [moved] = await runner.decode([{ token: first, position: prompt.length }]);
    expect(best(moved)).toBe(stayed);
  });

  it('takes a padding row without a trace, also where it stands in for a slot that is not there', async () => {
    const lone = await createOnnxRunner({ modelDir: folder, threads: 1, slots: 1, contextLength: 64 });
    try {
      const first = await lone.prefill(0, Int32Array.from(prompts[0] ?? []), 0, true);
      const token = best(first);
      const padding = { token: 1, position: 0, isPadding: true } as const;
      const [padded] = await lone.decode([{ token, position: 4 }, padding]);
      const logits = [...(padded?.logits ?? [])];
      await prefill(0, prompts[0] ?? []);
      await prefill(1, prompts[1] ?? []);
      const [beside] = await runner.decode([
        { token, position: 4 },
        { token: 5, position: 7 },
      ]);
      expect(logits).toEqual([...(beside?.logits ?? [])]);
    } finally {
      await lone.close();
    }
  });

  it('gives a slot the block of another one, to the bit', async () => {
    const prompt = prompts[3] ?? [];
    const computed = [...(await prefill(2, prompt)).logits];
    const blocks = [0, 8].map((start) => {
      const block = new Uint8Array(runner.blockBytes);
      runner.saveBlock(2, start, block);
      return block;
    });
    await prefill(1, [60, 61, 62, 63, 64, 65, 66, 67, 68, 69]);
    for (const [index, block] of blocks.entries()) runner.loadBlock(1, index * 8, block);
    const loaded = await runner.prefill(1, Int32Array.from(prompt.slice(16)), 16, true);
    expect([...(loaded?.logits ?? [])]).toEqual(computed);
  });

  it('hands out the most likely tokens in order, exactly normalised', async () => {
    const candidates = await prefill(0, [5, 6, 7]);
    const full = candidates.fullLogits();
    const order = [...full.keys()].toSorted((a, b) => (full[b] ?? 0) - (full[a] ?? 0)).slice(0, 64);
    expect(full.length).toBe(runner.vocabularySize);
    expect([...candidates.tokens]).toEqual(order);
    expect([...candidates.logits]).toEqual(order.map((token) => full[token]));
    const sum = full.reduce((total, logit) => total + Math.exp(logit), 0);
    expect(candidates.logSumExp).toBeCloseTo(Math.log(sum), 4);
  });

  it('returns candidates only when they are wanted', async () => {
    expect(await runner.prefill(0, Int32Array.of(1, 2), 0, false)).toBeUndefined();
  });

  it('takes several tokens of a sequence at once, and forgets those that the next step overwrites', async () => {
    const prompt = prompts[1] ?? [];
    const answer = await generateAlone(prompt, 5);
    await prefill(0, prompt);
    const wrong = (answer[2] ?? 0) === 3 ? 4 : 3;
    const [first, second] = await runner.extend([answer[0] ?? 0, answer[1] ?? 0, wrong], prompt.length);
    expect([best(first), best(second)]).toEqual([answer[1], answer[2]]);
    const [third] = await runner.extend([answer[2] ?? 0, answer[3] ?? 0], prompt.length + 2);
    expect(best(third)).toBe(answer[3]);
    const [last] = await runner.decode([{ token: answer[3] ?? 0, position: prompt.length + 3 }]);
    expect(best(last)).toBe(answer[4]);
  });

  it('stops a chunk when its signal aborts, and can run it again', async () => {
    const prompt = Int32Array.from(prompts[1] ?? []);
    const whole = [...((await runner.prefill(0, prompt, 0, true))?.logits ?? [])];
    const controller = new AbortController();
    const stopped = runner.prefill(1, prompt, 0, true, controller.signal);
    controller.abort();
    // Who asks late gets the result after all.
    const codes = await stopped.then(
      () => ['cancelled'],
      (error: unknown) => [error instanceof MillraceError ? error.code : error],
    );
    expect(codes).toEqual(['cancelled']);
    expect([...((await runner.prefill(1, prompt, 0, true))?.logits ?? [])]).toEqual(whole);
  });

  it('refuses what does not fit into a slot', async () => {
    await expect(runner.prefill(0, Int32Array.of(1, 2), 63, true)).rejects.toThrow('no room for 65 tokens');
    await expect(runner.prefill(4, Int32Array.of(1), 0, true)).rejects.toThrow('Slot 4');
    await expect(runner.decode([{ token: 1, position: 64 }])).rejects.toThrow('no room for 65 tokens');
  });

  it('refuses a context that the model was not made for', async () => {
    await expect(createOnnxRunner({ modelDir: folder, threads: 1, contextLength: 129 })).rejects.toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('128') }),
    );
  });

  it('says where it looked for a model that is not there', async () => {
    const modelDir = path.join(folder, 'absent');
    await expect(createOnnxRunner({ modelDir, threads: 1 })).rejects.toThrow(
      expect.objectContaining({ code: 'part_missing', message: expect.stringContaining(modelDir) }),
    );
  });
});
