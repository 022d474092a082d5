import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import type { FuzzTarget } from './fuzzed-exchange.ts';

const document = new URL('../../../docs/reference/openapi.json', import.meta.url);

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Write to anna@mill.example.' },
];
const generation = { max_tokens: 4, temperature: 0, stream: true, stop: ['x'], seed: 1, n: 1 };
const texts = { text: ['Die Mühle steht am Fluss.', 'b'], priority: 'low' };

/** Bodies with nothing wrong, by path; every other path gets one with fields that most have. */
const bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '/v1/generate': { prompt: 'Hello', ...generation, logit_bias: { 1: 1 }, cache: 'never' },
  '/v1/summarize': { ...texts, max_words: 5, stream: false },
  '/v1/translate': { ...texts, target_language: 'French', max_tokens: 4 },
  '/v1/classify': { ...texts, labels: ['a', 'b'], top_k: 1 },
  '/v1/embed': { text: 'a' },
  '/v1/completions': { model: 'instant', prompt: 'Hello', ...generation },
  '/v1/responses': {
    model: 'instant',
    input: messages,
    max_output_tokens: 4,
    stream: true,
    metadata: { a: 'b' },
  },
  '/v1/jobs': {
    endpoint: '/v1/generate',
    body: { prompt: 'Hello', max_tokens: 4 },
    priority: 'low',
    retention: '1h',
  },
  '/v1/batches': { input_file_id: 'file-1', endpoint: '/v1/generate', completion_window: '24h' },
  '/v1/embeddings': { model: 'instant', input: ['a', 'b'] },
};
const anyBody = { model: 'instant', messages, ...generation };

/** All operations of the API, as its document has them. */
export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  const { paths } = JSON.parse(await readFile(document, 'utf8')) as {
    readonly paths: Readonly<Record<string, object>>;
  };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => /^(?:get|post|put|patch|delete)$/u.test(method))
      .map((method) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/gu, () => randomUUID()),
        body: method === 'get' || method === 'delete' ? undefined : (bodies[path] ?? anyBody),
      })),
  );
}
