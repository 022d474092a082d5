import { availableParallelism } from 'node:os';
import { answerCacheSettings } from '@millrace/answer-cache';
import { defaultAckWaitMs } from '@millrace/contracts';
import type { ExecutionProvider } from '@millrace/onnx';
import { defineSettings, setting } from '@millrace/runtime';
import { platformSettings } from '@millrace/stage';
import { defaultKvMemoryBytes } from './engine/kv-memory.ts';
import { defaultStalledAfterMs } from './engine/stalled-after.ts';

/** Written out, so that who only reads settings does not load ONNX Runtime. */
const executionProviders = [
  'cpu',
  'cuda',
  'dml',
  'coreml',
  'webgpu',
] as const satisfies readonly ExecutionProvider[];

export const inferenceSettings = defineSettings({
  ...platformSettings,
  ...answerCacheSettings,
  healthPort: setting.integer('MILLRACE_HEALTH_PORT', {
    default: 8793,
    min: 0,
    max: 65_535,
    description: 'Port of /healthz, /readyz and /metrics.',
  }),
  engine: setting.enumeration('MILLRACE_ENGINE', ['onnx', 'instant'], {
    default: 'onnx',
    description: 'onnx runs the model; instant answers at once with a fixed text, to measure the pipeline.',
  }),
  modelDirectory: setting.path('MILLRACE_MODEL_DIR', {
    optional: true,
    description: 'Folder of the converted model.',
  }),
  embeddingDirectory: setting.path('MILLRACE_EMBEDDING_DIR', {
    optional: true,
    description: 'Folder of the converted embedding model; without it there are no embeddings.',
  }),
  slots: setting.integer('MILLRACE_SLOTS', {
    optional: true,
    min: 1,
    max: 256,
    description: 'Sequences that are generated at once; by default as many as fit, at most 32.',
  }),
  kvMemoryBytes: setting.bytes('MILLRACE_KV_MEMORY', {
    default: defaultKvMemoryBytes(),
    min: 1024 ** 2,
    description: 'Most memory for the keys and values of all slots; by default a quarter of the machine.',
  }),
  prefixCacheBytes: setting.bytes('MILLRACE_PREFIX_CACHE', {
    default: 512 * 1024 ** 2,
    min: 0,
    description: 'Most memory for the beginnings of prompts that may come again; 0 for none.',
  }),
  contextLength: setting.integer('MILLRACE_CONTEXT_LENGTH', {
    default: 2_048,
    min: 128,
    max: 131_072,
    description: 'Most tokens of prompt and answer together; each slot takes memory for as many.',
  }),
  provider: setting.enumeration('MILLRACE_EXECUTION_PROVIDER', executionProviders, {
    default: 'cpu',
    description: 'What runs the model, if the installed ONNX Runtime has it.',
  }),
  threads: setting.integer('MILLRACE_THREADS', {
    default: Math.min(8, availableParallelism()),
    min: 1,
    max: 256,
    description: 'Threads of the engine.',
  }),
  ackWaitMs: setting.durationMs('MILLRACE_ACK_WAIT', {
    default: defaultAckWaitMs,
    description: 'How long a worker may be silent before its request goes to another.',
  }),
  stalledAfterMs: setting.durationMs('MILLRACE_STALLED_AFTER', {
    default: defaultStalledAfterMs,
    min: 1_000,
    description: 'A worker that has work is not ready once nothing has advanced for so long.',
  }),
  maxDeliveries: setting.integer('MILLRACE_MAX_DELIVERIES', {
    default: 5,
    min: 1,
    max: 100,
    description: 'Attempts in a row that got nowhere, after which a request is given up.',
  }),
  maxWaiting: setting.integer('MILLRACE_WAITING_ROOM', {
    default: 64,
    min: 0,
    max: 1_000,
    description:
      'Requests that a worker takes beyond those that it works on, to choose fairly among their tenants; 0 for first come, first served.',
  }),
  tenantWeights: setting.weights('MILLRACE_TENANT_WEIGHTS', {
    description: 'Shares of tenants where requests wait, such as acme=3,guest=0.5; every other tenant has 1.',
  }),
});
