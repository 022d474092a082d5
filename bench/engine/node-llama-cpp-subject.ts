import { importNodeLlamaCpp, type LlamaSequence } from './node-llama-cpp-api.ts';
import { roomFor, type Point } from './points.ts';
import type { Subject } from './subject.ts';

export interface NodeLlamaCppOptions {
  /** The folder of the installed package. */
  readonly installed: string;
  readonly modelPath: string;
  readonly threads: number;
}

/** Prompts up to this length go first where others wait. */
const shortPromptTokens = 64;

/**
 * node-llama-cpp as its guide on batching has it: one context with as many sequences as run at once, evaluated in parallel, which
 * it gathers into batches by itself. `evaluate` is its lowest level: it makes token ids, no text.
 */
export async function createNodeLlamaCppSubject(
  { installed, modelPath, threads }: NodeLlamaCppOptions,
  point: Point,
): Promise<Subject> {
  const { sequences, contextLength } = roomFor(point);
  const { getLlama } = await importNodeLlamaCpp(installed);
  const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({
    contextSize: contextLength,
    sequences,
    threads,
    flashAttention: 'auto',
    ...batchingFor(point),
  });
  const free: LlamaSequence[] = Array.from({ length: sequences }, () => context.getSequence());
  return {
    async *generate(promptTokens, maxTokens) {
      const sequence = free.pop();
      if (sequence === undefined) throw new Error(`More than ${sequences} sequences were asked for.`);
      const evaluationPriority = promptTokens.length <= shortPromptTokens ? 5 : 1;
      const options = { temperature: 0, yieldEogToken: true, evaluationPriority };
      try {
        let left = maxTokens;
        for await (const token of sequence.evaluate(promptTokens, options)) {
          yield [token];
          left -= 1;
          if (left === 0) return;
        }
      } finally {
        await sequence.clearHistory();
        free.push(sequence);
      }
    },
    close: () => llama.dispose(),
  };
}

/**
 * For throughput its defaults. For the first token under load what serves that best: batches as long as Millrace's prefill chunks,
 * short prompts first. With the defaults a short prompt waits for the end of the long one, since version 3.22's default strategy
 * gives the long one more than the whole batch.
 */
function batchingFor(point: Point) {
  return point.kind === 'first token'
    ? { batchSize: 64, batching: { itemPrioritizationStrategy: 'firstInFirstOut' } as const }
    : { batchSize: 512 };
}
