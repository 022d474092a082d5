import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import { openRuntime, type ExecutionProvider, type Session } from '@millrace/onnx';
import { graphFileName, readModelManifest, type ModelManifest } from '../model/model-manifest.ts';
import { createDeviceKeyValueCache } from './device-key-value-cache.ts';
import {
  cacheElementBytes,
  createKeyValueCache,
  type CacheShape,
  type KeyValueCache,
} from './key-value-cache.ts';
import { defaultKvMemoryBytes, planSlots } from './kv-memory.ts';
import type { ModelRunner } from './model-runner.ts';
import {
  createStep,
  createStepOutputs,
  readCandidates,
  type Step,
  type StepOutputs,
  type StepShape,
} from './onnx-runner-step.ts';

export interface OnnxRunnerOptions {
  /** Folder of a converted model. */
  readonly modelDir: string;
  /** Threads that one operator may use. */
  readonly threads: number;
  /** Sequences that can be active at once; by default as many as fit into the memory, at most 32. */
  readonly slots?: number | undefined;
  /** Most bytes of keys and values of all slots; by default a quarter of the memory. */
  readonly kvMemoryBytes?: number;
  /** Tokens that one slot can hold. Default 2,048, or what the model was trained on where that is less. */
  readonly contextLength?: number;
  /** The most tokens of one `prefill` call. Default 64. */
  readonly prefillChunk?: number;
  /** Whether idle threads spin for a moment before they sleep. Default true. */
  readonly spinning?: boolean;
  /** What computes the graph. Default `cpu`. */
  readonly provider?: ExecutionProvider;
  /** Name of the memory that holds keys and values, such as `Cpu`; by default that of the provider's device, else the main one. */
  readonly deviceMemory?: string;
}

/** Prefill steps that stay bound, the least recently used out first: there is one for each slot and chunk length. */
const maxPrefillSteps = 64;

/**
 * Loads a converted model and allocates the cache of its slots. Blocks the event loop while the graph is loaded.
 *
 * @throws MillraceError `part_missing` or `model_invalid` if the folder has no usable model, `config_invalid` if the
 *   context is longer than the model can take, or the execution provider is not installed
 */
export async function createOnnxRunner(options: OnnxRunnerOptions): Promise<ModelRunner> {
  const { modelDir, threads, prefillChunk = 64, spinning = true, provider = 'cpu' } = options;
  const manifest = await readModelManifest(modelDir);
  const contextLength = options.contextLength ?? Math.min(2048, manifest.contextLength);
  if (contextLength > manifest.contextLength) {
    throw new MillraceError(
      'config_invalid',
      `The context of ${contextLength} tokens is longer than the ${manifest.contextLength} of the model ${manifest.name}.`,
    );
  }
  const { name, layers, keyValueHeads, headSize, cacheType = 'float32' } = manifest;
  const slots = planSlots({
    modelName: name,
    bytesPerToken: 2 * layers * keyValueHeads * headSize * cacheElementBytes[cacheType],
    contextLength,
    budgetBytes: options.kvMemoryBytes ?? defaultKvMemoryBytes(),
    slots: options.slots,
  });
  const runtime = openRuntime();
  try {
    requireInstalled(provider, runtime.providers);
    const session = runtime.createSession(path.join(modelDir, graphFileName), {
      threads,
      spinning,
      provider,
      ...(options.deviceMemory === undefined ? {} : { deviceMemory: options.deviceMemory }),
    });
    return runOn(session, { manifest, slots, contextLength, prefillChunk, close: () => runtime.close() });
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

function requireInstalled(provider: ExecutionProvider, installed: readonly ExecutionProvider[]): void {
  if (installed.includes(provider)) return;
  throw new MillraceError(
    'config_invalid',
    `MILLRACE_EXECUTION_PROVIDER is ${provider}: the installed ONNX Runtime has ${installed.join(', ')}.`,
  );
}

/** Attention in float32 is for the CPU, so keys and values are then in its memory. */
function createCache(session: Session, shape: CacheShape): KeyValueCache {
  const { deviceMemory } = session;
  return deviceMemory === undefined || shape.type === 'float32'
    ? createKeyValueCache(session, shape)
    : createDeviceKeyValueCache(session, deviceMemory, shape);
}

interface BoundStep {
  readonly step: Step;
  readonly outputs: StepOutputs;
}

interface RunnerParts {
  readonly manifest: ModelManifest;
  readonly slots: number;
  readonly contextLength: number;
  readonly prefillChunk: number;
  readonly close: () => Promise<void>;
}

function runOn(
  session: Session,
  { manifest, slots, contextLength, prefillChunk, close }: RunnerParts,
): ModelRunner {
  const { vocabularySize, candidateCount } = manifest;
  // One more, for swapping and for padding.
  const rows = slots + 1;
  const { cacheType: type = 'float32' } = manifest;
  const cache = createCache(session, {
    ...manifest,
    slots: rows,
    capacity: contextLength,
    type,
    elementBytes: cacheElementBytes[type],
  });
  const prefillOutputs = createStepOutputs(session, 1, vocabularySize, candidateCount);
  const prefillSteps = new Map<string, Step>();
  const decodeSteps = new Map<number, BoundStep>();
  const extendSteps = new Map<number, BoundStep>();

  const prefillStep = async (slot: number, sequence: number): Promise<Step> => {
    const key = `${slot}:${sequence}`;
    const known = prefillSteps.get(key);
    const step = known ?? createStep(session, { batch: 1, sequence }, cache.tensors(slot, 1), prefillOutputs);
    // Re-inserted, so that the first key is always the least recently used.
    prefillSteps.delete(key);
    prefillSteps.set(key, step);
    const [oldest] = prefillSteps;
    if (prefillSteps.size > maxPrefillSteps && oldest !== undefined) {
      prefillSteps.delete(oldest[0]);
      await oldest[1].close();
    }
    return step;
  };

  /** A step on the first slots with candidates for each of its rows. */
  const boundStep = (steps: Map<number, BoundStep>, key: number, shape: StepShape): BoundStep => {
    const known = steps.get(key);
    if (known !== undefined) return known;
    const outputs = createStepOutputs(session, key, vocabularySize, candidateCount);
    const made = { step: createStep(session, shape, cache.tensors(0, shape.batch), outputs), outputs };
    steps.set(key, made);
    return made;
  };

  const requireRoom = (slot: number, end: number, among = slots): void => {
    if (slot < 0 || slot >= among || end > contextLength) {
      throw new MillraceError('internal_error', `Slot ${slot} has no room for ${end} tokens.`);
    }
  };

  return {
    slots,
    contextLength,
    vocabularySize,
    prefillChunk,
    blockBytes: cache.bytesOf(prefillChunk),
    async prefill(slot, tokens, start, wantLogits, signal) {
      requireRoom(slot, start + tokens.length);
      if (tokens.length === 0 || tokens.length > prefillChunk) {
        throw new MillraceError('internal_error', `A prefill of ${tokens.length} tokens is not possible.`);
      }
      const step = await prefillStep(slot, tokens.length);
      await step.run(tokens, [start], [tokens.length - 1], signal);
      return wantLogits ? readCandidates(prefillOutputs, 0) : undefined;
    },
    async decode(wanted) {
      for (const [slot, { position, isPadding }] of wanted.entries())
        requireRoom(slot, position + 1, isPadding ? rows : slots);
      if (wanted.length === 0) return [];
      const shape = { batch: wanted.length, sequence: 1 };
      const { step, outputs } = boundStep(decodeSteps, wanted.length, shape);
      await step.run(
        wanted.map(({ token }) => token),
        wanted.map(({ position }) => position),
        wanted.map((_, row) => row),
      );
      return wanted.map((_, row) => readCandidates(outputs, row));
    },
    async extend(tokens, start) {
      requireRoom(0, start + tokens.length);
      const shape = { batch: 1, sequence: tokens.length };
      const { step, outputs } = boundStep(extendSteps, tokens.length, shape);
      const wantedRows = [...tokens.keys()];
      await step.run(tokens, [start], wantedRows);
      return wantedRows.map((row) => readCandidates(outputs, row));
    },
    moveSlot(from, to, length) {
      requireRoom(from, length, rows);
      requireRoom(to, length, rows);
      cache.copy(from, to, length);
    },
    saveBlock(slot, start, block) {
      requireRoom(slot, start + prefillChunk);
      cache.save(slot, start, prefillChunk, block);
    },
    loadBlock(slot, start, block) {
      requireRoom(slot, start + prefillChunk);
      cache.load(slot, start, prefillChunk, block);
    },
    close,
  };
}
