import type { ExecutionProvider } from '@millrace/onnx';
import { MillraceError, systemRandom, type Clock, type Logger } from '@millrace/runtime';
import { chatOperations } from './chat-model.ts';
import { createEngine } from './engine/engine.ts';
import { createInstantEngine } from './engine/instant-engine.ts';
import { neutralSampling } from './engine/neutral-sampling.ts';
import { createOnnxRunner } from './engine/onnx-runner.ts';
import type { TokenBytes } from './engine/token-text.ts';
import type { LoadedModel } from './loaded-model.ts';
import { findInCatalogue } from './model-catalogue.ts';
import { readModelManifest } from './model/model-manifest.ts';
import { GrammarPool } from './grammar/pool/grammar-pool.ts';
import { encodeVocabulary } from './grammar/pool/vocabulary.ts';
import { toolCallFormOf } from './grammar/tools/tool-call-form.ts';
import {
  publicPrefixOf,
  refuseCalls,
  refuseFarTooLong,
  withSystemPrompt,
  type PromptEncoder,
} from './prompt.ts';
import { readTaskTemplates } from './tasks/task-templates.ts';
import { createChatTemplate } from './text/chat-template.ts';
import { loadTokenizer } from './text/tokenizer.ts';

export interface LoadModelOptions {
  readonly engine: 'onnx' | 'instant';
  /** Folder of the converted model. */
  readonly modelDirectory: string | undefined;
  /** Undefined for as many as fit. */
  readonly slots: number | undefined;
  readonly contextLength: number;
  readonly kvMemoryBytes: number;
  readonly prefixCacheBytes: number;
  readonly threads: number;
  /** Shares of tenants in the engine; 1 for one that is not there. */
  readonly tenantWeights?: ReadonlyMap<string, number>;
  /** What runs the model. Default `cpu`. */
  readonly provider?: ExecutionProvider;
  /** A step that takes longer makes the engine unhealthy. */
  readonly stalledAfterMs?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Loads the model that the settings ask for and warms it up. @throws `config_invalid`, `part_missing`, `model_invalid` */
export async function loadModel(options: LoadModelOptions): Promise<LoadedModel> {
  return options.engine === 'instant' ? loadInstantModel(options) : loadOnnxModel(options);
}

async function loadOnnxModel({
  modelDirectory,
  slots,
  contextLength,
  kvMemoryBytes,
  prefixCacheBytes,
  threads,
  tenantWeights,
  provider = 'cpu',
  stalledAfterMs,
  clock,
  logger,
}: LoadModelOptions): Promise<LoadedModel> {
  if (modelDirectory === undefined) {
    throw new MillraceError(
      'config_invalid',
      'MILLRACE_MODEL_DIR is not set: it must be the folder of a converted model.',
    );
  }
  const startedAt = clock.monotonicMs();
  const manifest = await readModelManifest(modelDirectory);
  if (manifest.chatTemplate === undefined) {
    throw new MillraceError('model_invalid', `The model in ${modelDirectory} has no chat template.`);
  }
  const tokenizer = await loadTokenizer(modelDirectory);
  const endTokens = new Set(manifest.eosTokenId === undefined ? [] : [manifest.eosTokenId]);
  const runner = await createOnnxRunner({
    modelDir: modelDirectory,
    threads,
    provider,
    slots,
    kvMemoryBytes,
    contextLength: Math.min(contextLength, manifest.contextLength),
  });
  const nameOf = (token: number | undefined) => (token === undefined ? undefined : tokenizer.decode([token]));
  const template = createChatTemplate({
    template: manifest.chatTemplate,
    tokenizer,
    bosToken: nameOf(manifest.bosTokenId),
    eosToken: nameOf(manifest.eosTokenId),
    random: systemRandom,
    // What is a little too long is counted for the client; what is far too long costs no more than that.
    mostTokens: 2 * runner.contextLength,
  });
  const {
    name,
    version,
    aliases,
    systemPrompt,
    operations = chatOperations,
  } = await findInCatalogue(manifest);
  const limits = { longestTokenBytes: tokenizer.longestTokenBytes, contextLength: runner.contextLength };
  const toolCalls = toolCallFormOf(manifest.chatTemplate);
  const encodePrompt: PromptEncoder = (messages, tools) => {
    refuseFarTooLong(messages, limits, tools);
    if (toolCalls === undefined) refuseCalls(messages);
    return template.encode(withSystemPrompt(messages, systemPrompt), tools);
  };
  const tokenBytes: TokenBytes = (token) => tokenizer.tokenBytes(token);
  const engine = createEngine({
    name,
    version,
    runner,
    tokenBytes,
    endTokens,
    clock,
    prefixCacheBytes,
    tenantWeights,
    ...(stalledAfterMs === undefined ? {} : { stalledAfterMs }),
    publicPrefix: publicPrefixOf(encodePrompt),
  });
  const hasBytes = (token: number): boolean => token < tokenizer.vocabularySize;
  const grammars = new GrammarPool({
    vocabulary: encodeVocabulary(
      runner.vocabularySize,
      (token) => (hasBytes(token) ? tokenBytes(token) : new Uint8Array()),
      endTokens,
    ),
    clock,
  });
  const model: LoadedModel = {
    engine,
    aliases,
    executionProvider: provider,
    encodePrompt,
    tokenBytes,
    encodeAnswer: (text) => Int32Array.of(...tokenizer.encode(text), ...endTokens),
    tasks: await readTaskTemplates(name),
    operations,
    grammars,
    toolCalls,
    isDefault: true,
    async close() {
      await engine.stop();
      await grammars.stop();
    },
  };
  await warmUp(model);
  logger.info(
    {
      model: engine.card.name,
      version: engine.card.version,
      slots: engine.slots,
      ms: Math.round(clock.monotonicMs() - startedAt),
    },
    'model is warm',
  );
  return model;
}

/** One short generation through every path of a step, so that the first client does not wait for it. */
async function warmUp({ engine, encodePrompt }: LoadedModel): Promise<void> {
  const steps = engine.generate({
    requestId: 'warm-up',
    cacheScope: '',
    priority: 'NORMAL',
    promptTokens: encodePrompt([{ role: 'user', content: 'Hello' }]),
    continuation: new Int32Array(),
    maxTokens: 4,
    ...neutralSampling,
    temperature: 0,
    seed: 0n,
    reproducible: false,
    stop: [],
    signal: new AbortController().signal,
  });
  for await (const step of steps) {
    if (step.kind === 'finished') return;
  }
}

const instantText = 'The quick brown fox jumps over the lazy dog. '.repeat(8);

async function loadInstantModel({ contextLength, slots, clock }: LoadModelOptions): Promise<LoadedModel> {
  const engine = createInstantEngine({
    card: { name: 'instant', version: '1', contextLength, vocabularySize: 49_152 },
    text: instantText,
    steps: 64,
    slots: Math.max(slots ?? 0, 64),
    clock,
  });
  return {
    engine,
    executionProvider: 'cpu',
    encodePrompt: (messages) =>
      Int32Array.from(
        messages.flatMap(({ content }) => content.split(/\s+/)),
        (_word, index) => index,
      ),
    tokenBytes: (token) => Buffer.from(`<${token}>`),
    encodeAnswer: () => Int32Array.of(0),
    tasks: await readTaskTemplates('instant'),
    operations: chatOperations,
    isDefault: true,
    close: () => engine.stop(),
  };
}
