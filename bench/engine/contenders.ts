import { buildLlamaCpp } from './build-llama-cpp.ts';
import type { Contender } from './contender.ts';
import { installNodeLlamaCpp } from './install-node-llama-cpp.ts';
import { measureNative } from './measure-native.ts';
import { requantise } from './requantise.ts';
import { runChild } from './run-child.ts';

export interface ContenderOptions {
  /** Folder of the converted model. */
  readonly modelDir: string;
  /** The GGUF file that it was converted from, in Q4_1. */
  readonly modelPath: string;
  readonly threads: number;
  readonly native: boolean;
}

/** Everyone who takes part; installs, re-quantises and builds what is not in the cache yet. */
export async function createContenders(options: ContenderOptions): Promise<readonly Contender[]> {
  const { modelDir, modelPath, threads } = options;
  const formats = [
    { format: 'Q4_1', path: modelPath },
    { format: 'Q8_0', path: await requantise(modelPath, 'Q8_0') },
    { format: 'Q4_0', path: await requantise(modelPath, 'Q4_0') },
  ];
  const { version, installed } = await installNodeLlamaCpp();
  const llamaCpp = options.native ? await buildLlamaCpp(threads) : undefined;
  return [
    {
      name: 'Millrace Q4_1',
      role: 'ours',
      measure: (point) => runChild({ engine: { kind: 'millrace', modelDir }, threads, point }),
    },
    ...formats.map(({ format, path }): Contender => ({
      name: `node-llama-cpp ${version} ${format}`,
      role: 'peer',
      measure: (point) =>
        runChild({ engine: { kind: 'node-llama-cpp', installed, modelPath: path }, threads, point }),
    })),
    ...(llamaCpp === undefined ? [] : formats).map(({ format, path }): Contender => ({
      name: `llama.cpp (llama-cpp-python ${llamaCpp?.version}) ${format}`,
      // Q4_0 has lost quality against the others.
      role: format === 'Q4_0' ? 'information' : 'native',
      measure: async (point) => llamaCpp && measureNative({ llamaCpp, modelPath: path, threads }, point),
    })),
  ];
}
