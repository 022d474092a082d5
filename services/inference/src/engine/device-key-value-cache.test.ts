import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { executionProviders, openRuntime } from '@millrace/onnx';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { convertModel } from '../model/convert-model.ts';
import { makeGguf } from '../model/gguf-fixture.ts';
import type { Candidates, ModelRunner } from './model-runner.ts';
import { createOnnxRunner, type OnnxRunnerOptions } from './onnx-runner.ts';

let folder: string;
const modelDir = (type: string): string => path.join(folder, type);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-device-cache-'));
  const source = path.join(folder, 'fixture.gguf');
  await writeFile(source, makeGguf({ linearType: 'Q4_1', embeddingType: 'Q8_0' }));
  for (const cacheType of ['float32', 'float16'] as const)
    await convertModel({ source, target: modelDir(cacheType), mode: 'exact', cacheType });
});
afterAll(() => rm(folder, { recursive: true }));

async function runnerOf(cacheType: string, options: Partial<OnnxRunnerOptions> = {}): Promise<ModelRunner> {
  const runner = await createOnnxRunner({
    modelDir: modelDir(cacheType),
    threads: 1,
    slots: 3,
    contextLength: 64,
    prefillChunk: 8,
    ...options,
  });
  onTestFinished(() => runner.close());
  return runner;
}

const prompts = [
  [5, 17, 90, 33, 8, 9, 10, 11],
  [1, 2, 3, 4, 5, 6, 7, 8],
];

/** Logits along a way that prefills, decodes, moves a slot, and takes a block out and puts it back in. */
async function logitsOf(runner: ModelRunner): Promise<number[][]> {
  const seen: number[][] = [];
  const see = (candidates: Candidates | undefined): void => {
    seen.push([...(candidates?.logits ?? [])]);
  };
  for (const [slot, prompt] of prompts.entries())
    see(await runner.prefill(slot, Int32Array.from(prompt), 0, true));
  const both = [3, 4].map((token) => ({ token, position: 8 }));
  for (const candidates of await runner.decode(both)) see(candidates);
  const block = new Uint8Array(runner.blockBytes);
  runner.saveBlock(1, 0, block);
  runner.moveSlot(1, 0, 9);
  see((await runner.decode([{ token: 6, position: 9 }]))[0]);
  runner.loadBlock(2, 0, block);
  see(await runner.prefill(2, Int32Array.of(4), 8, true));
  return seen;
}

function largestDifference(some: number[][], others: number[][]): number {
  const differences = some.flatMap((logits, step) =>
    logits.map((logit, index) => Math.abs(logit - (others[step]?.[index] ?? Number.NaN))),
  );
  return Math.max(...differences);
}

describe('keys and values in the memory of a device, which the CPU plays here', () => {
  it('give the same logits as in the main memory, to the bit', async () => {
    const onDevice = await runnerOf('float16', { deviceMemory: 'Cpu' });
    const inMainMemory = await runnerOf('float16');
    expect(onDevice.blockBytes).toBe(inMainMemory.blockBytes);
    expect(await logitsOf(onDevice)).toEqual(await logitsOf(inMainMemory));
  });

  it('in float16 take half the memory, and give about the same logits', async () => {
    const half = await runnerOf('float16', { deviceMemory: 'Cpu' });
    const full = await runnerOf('float32');
    expect(half.blockBytes).toBe(full.blockBytes / 2);
    expect(largestDifference(await logitsOf(half), await logitsOf(full))).toBeLessThan(0.05);
  });
});

const probe = openRuntime();
const hasCuda = probe.providers.includes('cuda');
await probe.close();

const linearTypes = ['F32', 'Q8_0', 'Q6_K', 'Q4_K', 'Q4_1', 'Q4_0'] as const;

describe.runIf(hasCuda)('keys and values in the memory of CUDA', () => {
  it.each(linearTypes)(
    'give about the logits of the same %s weights in fp32 on the CPU',
    async (linearType) => {
      const source = path.join(folder, `${linearType}.gguf`);
      await writeFile(source, makeGguf({ linearType, embeddingType: 'Q8_0' }));
      await convertModel({ source, target: modelDir(linearType), mode: 'exact', cacheType: 'float16' });
      await convertModel({ source, target: modelDir(`${linearType} fp32`), mode: 'fp32' });
      const onDevice = await runnerOf(linearType, { provider: 'cuda' });
      const ours = await logitsOf(onDevice);
      // The CPU also rounds activations to 8 bits where weights are quantised, CUDA does not: so the reference is fp32.
      expect(largestDifference(ours, await logitsOf(await runnerOf(`${linearType} fp32`)))).toBeLessThan(
        0.05,
      );
      expect(largestDifference(await logitsOf(onDevice), ours)).toBeLessThan(0.05);
    },
  );
});

describe('an execution provider', () => {
  it('that is not installed is refused, naming those that are', async () => {
    const runtime = openRuntime();
    const { providers } = runtime;
    await runtime.close();
    const missing = executionProviders.filter((provider) => !providers.includes(provider));
    expect(missing.length).toBeGreaterThan(0);
    for (const provider of missing)
      await expect(runnerOf('float32', { provider })).rejects.toMatchObject({
        code: 'config_invalid',
        message: `MILLRACE_EXECUTION_PROVIDER is ${provider}: the installed ONNX Runtime has ${providers.join(', ')}.`,
      });
  });
});
