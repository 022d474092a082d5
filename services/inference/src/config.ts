import { availableParallelism } from 'node:os';
import { defaultAckWaitMs } from '@millrace/contracts';
import { defineSettings, setting } from '@millrace/runtime';
import { platformSettings } from '@millrace/stage';

export const inferenceSettings = defineSettings({
  ...platformSettings,
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
  slots: setting.integer('MILLRACE_SLOTS', {
    default: 8,
    min: 1,
    max: 64,
    description: 'Sequences that are generated at once.',
  }),
  contextLength: setting.integer('MILLRACE_CONTEXT_LENGTH', {
    default: 2_048,
    min: 128,
    max: 131_072,
    description: 'Most tokens of prompt and answer together; each slot takes memory for as many.',
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
  maxDeliveries: setting.integer('MILLRACE_MAX_DELIVERIES', {
    default: 5,
    min: 1,
    max: 100,
    description: 'Attempts in a row that got nowhere, after which a request is given up.',
  }),
});
