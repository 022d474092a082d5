import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The part of node-llama-cpp's API that the benchmarks use. */
export interface NodeLlamaCpp {
  getLlama(
    this: void,
    options: {
      readonly gpu: false;
      readonly build: 'never';
      readonly progressLogs?: boolean;
      readonly logLevel?: string;
    },
  ): Promise<Llama>;
}

interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
  dispose(): Promise<void>;
}

interface LlamaModel {
  tokenize(text: string, specialTokens: boolean): number[];
  createContext(options: {
    readonly contextSize: number;
    readonly threads: number;
    readonly sequences?: number;
    readonly batchSize?: number;
    readonly flashAttention?: boolean | 'auto';
    readonly batching?: { readonly itemPrioritizationStrategy?: 'maximumParallelism' | 'firstInFirstOut' };
  }): Promise<{ getSequence(): LlamaSequence }>;
}

export interface LlamaSequence {
  evaluate(
    tokens: readonly number[],
    options: {
      readonly temperature: number;
      readonly yieldEogToken?: boolean;
      readonly evaluationPriority?: number;
    },
  ): AsyncIterable<number>;
  clearHistory(): Promise<void>;
}

/** @param installed the folder of the installed package */
export async function importNodeLlamaCpp(installed: string): Promise<NodeLlamaCpp> {
  return (await import(pathToFileURL(path.join(installed, 'dist', 'index.js')).href)) as NodeLlamaCpp;
}
