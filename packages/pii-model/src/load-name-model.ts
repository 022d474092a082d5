import { access } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import { createClassifier } from './classifier.ts';
import { readGlinerConfig } from './gliner-config.ts';
import { gliner } from './gliner.ts';
import { openGraph, type Graph } from './graph.ts';
import { readLabel } from './labels.ts';
import type { Network } from './network.ts';
import type { NameModel } from './open-name-model.ts';
import { readJsonObject } from './read-json.ts';
import { longestRow, readLabels } from './read-model-config.ts';
import { tokenClassification } from './token-classification.ts';
import { loadWordTokenizer, type WordTokenizer } from './word-tokenizer.ts';

const warmUp = 'Ada Moyo of Contoso lives in Berlin.';

/** @throws MillraceError `part_missing`, `model_invalid` */
export async function loadNameModel(folder: string, threads: number): Promise<NameModel> {
  const prepared = await prepare(folder);
  const tokenizer = await loadWordTokenizer(folder);
  const file = await graphFileOf(folder);
  const graph = openGraph(file, threads);
  try {
    const network = prepared.connect(graph, tokenizer);
    requireRoom(network, folder);
    const classifier = createClassifier(network, tokenizer);
    await orInvalid(file, () => classifier.classify([warmUp], new AbortController().signal));
    return {
      ...classifier,
      kind: prepared.kind,
      ignoredLabels: prepared.ignoredLabels,
      stop: () => graph.close(),
    };
  } catch (error) {
    await graph.close();
    throw error;
  }
}

interface Prepared extends Pick<NameModel, 'kind' | 'ignoredLabels'> {
  readonly connect: (graph: Graph, tokenizer: WordTokenizer) => Network;
}

/** What kind of model it is, by its files. */
async function prepare(folder: string): Promise<Prepared> {
  const glinerFile = path.join(folder, 'gliner_config.json');
  if (await isThere(glinerFile)) {
    const config = readGlinerConfig(await readJsonObject(glinerFile), glinerFile);
    return {
      kind: 'GLiNER',
      ignoredLabels: [],
      connect: (graph, tokenizer) => gliner(graph, tokenizer, config),
    };
  }
  const configFile = path.join(folder, 'config.json');
  const config = await readJsonObject(configFile);
  const names = readLabels(config, configFile);
  const labels = names.map(readLabel);
  if (labels.every(({ type }) => type === undefined))
    throw new MillraceError(
      'model_invalid',
      `${configFile} has none of the labels PER, PERSON, ORG, ORGANIZATION, LOC, LOCATION, GPE, PLACE in id2label: it has ${names.join(', ')}.`,
    );
  const ignored = labels.flatMap(({ name, type }) =>
    name === undefined || type !== undefined ? [] : [name],
  );
  const padId = typeof config['pad_token_id'] === 'number' ? config['pad_token_id'] : 0;
  return {
    kind: 'token classification',
    ignoredLabels: [...new Set(ignored)],
    connect: (graph, tokenizer) =>
      tokenClassification({ graph, tokenizer, labels, padId, mostTokens: longestRow(config) }),
  };
}

const graphFiles = ['model.onnx', path.join('onnx', 'model.onnx')];

async function graphFileOf(folder: string): Promise<string> {
  for (const name of graphFiles) {
    const file = path.join(folder, name);
    if (await isThere(file)) return file;
  }
  throw new MillraceError(
    'part_missing',
    `The model of names in ${folder} has neither ${graphFiles.join(' nor ')}.`,
  );
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** Windows overlap by a part, which has to leave room to go on. */
const leastTokens = 64;

function requireRoom({ mostTokens, mostWords }: Network, folder: string): void {
  if (mostTokens >= leastTokens && mostWords >= 1) return;
  throw new MillraceError(
    'model_invalid',
    `The model of names in ${folder} takes rows of ${mostTokens} tokens beside what frames them: it must be ${leastTokens} or more.`,
  );
}

async function orInvalid(file: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    throw new MillraceError('model_invalid', `The model ${file} does not work: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} ${cause.message}` : message;
}
