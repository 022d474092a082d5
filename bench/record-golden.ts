/**
 * Records what llama.cpp makes of ten prompts: their token ids and the first tokens of the greedy answer. The tests
 * compare the engine with the record, so that they need no peer.
 *
 *   node bench/record-golden.ts --gguf PATH
 *
 * node-llama-cpp is installed into the cache folder, never as a dependency of Millrace.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { installNodeLlamaCpp } from './engine/install-node-llama-cpp.ts';
import { importNodeLlamaCpp } from './engine/node-llama-cpp-api.ts';

const continuationLength = 8;
const fixtures = new URL('../services/inference/fixtures/', import.meta.url);

interface Prompt {
  readonly system: string;
  readonly user: string;
}

/** The text that the model's own chat template makes of a system and a user message. */
function render({ system, user }: Prompt): string {
  return `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\n${user}<|im_end|>\n<|im_start|>assistant\n`;
}

async function readJson<Value>(file: string | URL): Promise<Value> {
  return JSON.parse(await readFile(file, 'utf8')) as Value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { gguf: { type: 'string' } } });
  const modelPath = values.gguf ?? process.env['MILLRACE_MODEL'];
  if (modelPath === undefined) throw new Error('usage: record-golden --gguf PATH (or MILLRACE_MODEL)');
  const { version, installed } = await installNodeLlamaCpp();
  const { getLlama } = await importNodeLlamaCpp(installed);
  const llama = await getLlama({ gpu: false, build: 'never' });
  const model = await llama.loadModel({ modelPath });
  // One thread: the peer's threads spin, and stand still where they have to share a processor.
  const context = await model.createContext({ contextSize: 1024, threads: 1 });
  const sequence = context.getSequence();
  const prompts = await readJson<Prompt[]>(new URL('golden-prompts.json', fixtures));
  const records = [];
  for (const prompt of prompts) {
    const text = render(prompt);
    const promptTokens = model.tokenize(text, true);
    const continuation: number[] = [];
    await sequence.clearHistory();
    for await (const token of sequence.evaluate(promptTokens, { temperature: 0 })) {
      continuation.push(token);
      if (continuation.length === continuationLength) break;
    }
    records.push({ prompt: text, promptTokens, continuation });
  }
  const record = {
    recordedWith: `node-llama-cpp ${version}`,
    modelSha256: createHash('sha256')
      .update(await readFile(modelPath))
      .digest('hex'),
    records,
  };
  await writeFile(new URL('golden-llama-cpp.json', fixtures), `${JSON.stringify(record)}\n`);
  await llama.dispose();
}

await main();
