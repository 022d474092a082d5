import { stat } from 'node:fs/promises';
import { MillraceError } from '@millrace/runtime';
import { readDecoderParameters } from './decoder-parameters.ts';
import { openGguf, type GgufFile } from './gguf-file.ts';
import type { MetadataValue } from './gguf-header.ts';
import { hashFile } from './hash-file.ts';
import { makeTokenizerJson } from './tokenizer-json.ts';

/** How many tensors of a GGUF file are of one type, and their elements. */
export interface TensorTypeCount {
  readonly type: string;
  readonly tensors: number;
  readonly elements: number;
}

/** What a GGUF file says of itself, whether it can be converted or not. */
export interface GgufDescription {
  readonly name: string | undefined;
  readonly architecture: string | undefined;
  readonly license: string | undefined;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The longest sequence that the model was trained on, in tokens. */
  readonly contextLength: number | undefined;
  readonly layers: number | undefined;
  readonly parameters: number;
  readonly tensorTypes: readonly TensorTypeCount[];
  readonly tokenizer: {
    readonly model: string | undefined;
    readonly preTokenizer: string | undefined;
    readonly vocabularySize: number | undefined;
  };
  readonly hasChatTemplate: boolean;
  /** Why it cannot be converted, in one sentence; undefined if it can. */
  readonly unsupported: string | undefined;
}

/** @throws MillraceError `part_missing` if there is no such file, `model_invalid` if it is not a whole GGUF file */
export async function inspectGguf(source: string): Promise<GgufDescription> {
  const file = await openGguf(source);
  try {
    const { metadata } = file;
    const text = (key: string): string | undefined => asString(metadata.get(key));
    const architecture = text('general.architecture');
    const tokens = metadata.get('tokenizer.ggml.tokens');
    const tensorTypes = countTypes(file);
    return {
      name: text('general.name'),
      architecture,
      license: text('general.license'),
      sha256: await hashFile(source),
      sizeBytes: (await stat(source)).size,
      contextLength: asNumber(metadata.get(`${architecture}.context_length`)),
      layers: asNumber(metadata.get(`${architecture}.block_count`)),
      parameters: tensorTypes.reduce((sum, { elements }) => sum + elements, 0),
      tensorTypes,
      tokenizer: {
        model: text('tokenizer.ggml.model'),
        preTokenizer: text('tokenizer.ggml.pre'),
        vocabularySize: Array.isArray(tokens) ? tokens.length : undefined,
      },
      hasChatTemplate: text('tokenizer.chat_template') !== undefined,
      unsupported: findUnsupported(file),
    };
  } finally {
    await file.close();
  }
}

/** By their elements, the most first. */
function countTypes({ tensors, unsupportedTensors }: GgufFile): readonly TensorTypeCount[] {
  const counts = new Map<string, TensorTypeCount>();
  const all = [
    ...[...tensors.values()].map(({ type, dimensions }) => ({ type: type as string, dimensions })),
    ...unsupportedTensors.map(({ typeName, dimensions }) => ({ type: typeName, dimensions })),
  ];
  for (const { type, dimensions } of all) {
    const { tensors: count, elements } = counts.get(type) ?? { tensors: 0, elements: 0 };
    const added = dimensions.reduce((product, dimension) => product * dimension, 1);
    counts.set(type, { type, tensors: count + 1, elements: elements + added });
  }
  return [...counts.values()].toSorted((left, right) => right.elements - left.elements);
}

function findUnsupported(file: GgufFile): string | undefined {
  try {
    readDecoderParameters(file);
    makeTokenizerJson(file.metadata);
    return undefined;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'model_invalid') return error.message;
    throw error;
  }
}

function asString(value: MetadataValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asNumber(value: MetadataValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
