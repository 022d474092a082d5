import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';

/** What the graph is built from, beside the weights. */
export interface BertParameters {
  readonly layers: number;
  readonly heads: number;
  readonly hiddenSize: number;
  readonly feedForwardSize: number;
  readonly vocabularySize: number;
  /** Positions that have an embedding. */
  readonly positions: number;
  readonly tokenTypes: number;
  readonly normEpsilon: number;
  /** The longest text that is embedded, in tokens, `[CLS]` and `[SEP]` included; the rest is cut off. */
  readonly maxTokens: number;
}

type Fields = ReadonlyMap<string, unknown>;

/**
 * Reads the settings of a model in the layout of sentence-transformers.
 *
 * @throws MillraceError `part_missing` if a file is missing, `model_invalid` if the model is not a BERT encoder with
 *   GELU, mean pooling and normalised vectors
 */
export async function readBertParameters(folder: string): Promise<BertParameters> {
  const config = await readFields(folder, 'config.json');
  requireValue(config, 'config.json', 'model_type', ['bert']);
  requireValue(config, 'config.json', 'hidden_act', ['gelu']);
  requireValue(config, 'config.json', 'position_embedding_type', ['absolute', undefined]);
  await requireMeanPooling(folder);
  const count = (name: string): number => readCount(config, 'config.json', name);
  const normEpsilon = config.get('layer_norm_eps');
  if (typeof normEpsilon !== 'number' || !(normEpsilon > 0))
    throw invalid('layer_norm_eps in config.json is no positive number');
  const parameters = {
    layers: count('num_hidden_layers'),
    heads: count('num_attention_heads'),
    hiddenSize: count('hidden_size'),
    feedForwardSize: count('intermediate_size'),
    vocabularySize: count('vocab_size'),
    positions: count('max_position_embeddings'),
    tokenTypes: count('type_vocab_size'),
    normEpsilon,
    maxTokens: readCount(
      await readFields(folder, 'sentence_bert_config.json'),
      'sentence_bert_config.json',
      'max_seq_length',
    ),
  };
  if (parameters.hiddenSize % parameters.heads !== 0)
    throw invalid('hidden_size is not a multiple of num_attention_heads');
  if (parameters.maxTokens > parameters.positions)
    throw invalid('max_seq_length is more than max_position_embeddings');
  return parameters;
}

async function requireMeanPooling(folder: string): Promise<void> {
  const pooling = await readFields(folder, '1_Pooling/config.json');
  const modes = [...pooling].filter(([name, value]) => name.startsWith('pooling_mode_') && value === true);
  if (modes.map(([name]) => name).join() !== 'pooling_mode_mean_tokens')
    throw invalid('it does not pool by the mean of its tokens');
  const modules = await readJson(folder, 'modules.json');
  const kinds = (Array.isArray(modules) ? modules : []).map((module) =>
    String((module as { readonly type?: unknown }).type).replace(/^.*\./u, ''),
  );
  if (kinds.join() !== 'Transformer,Pooling,Normalize')
    throw invalid(`its modules are ${kinds.join(', ')} instead of Transformer, Pooling, Normalize`);
}

async function readFields(folder: string, file: string): Promise<Fields> {
  const value = await readJson(folder, file);
  if (typeof value !== 'object' || value === null) throw invalid(`${file} is no object`);
  return new Map(Object.entries(value));
}

async function readJson(folder: string, file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path.join(folder, file), 'utf8');
  } catch (error) {
    throw new MillraceError('part_missing', `${path.join(folder, file)} cannot be read.`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MillraceError('model_invalid', `${path.join(folder, file)} is not JSON.`, { cause: error });
  }
}

function requireValue(fields: Fields, file: string, name: string, allowed: readonly unknown[]): void {
  const value = fields.get(name);
  if (!allowed.includes(value))
    throw invalid(`${name} in ${file} is ${JSON.stringify(value)}, which is not supported`);
}

function readCount(fields: Fields, file: string, name: string): number {
  const value = fields.get(name);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
    throw invalid(`${name} in ${file} is no positive integer`);
  return value;
}

function invalid(what: string): MillraceError {
  return new MillraceError('model_invalid', `The embedding model cannot be used: ${what}.`);
}
