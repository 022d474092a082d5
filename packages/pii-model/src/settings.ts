import { availableParallelism } from 'node:os';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

/** Of each process that looks for names in requests or texts. */
export const nameModelSettings = defineSettings({
  nameModel: setting.path('MILLRACE_PII_MODEL', {
    optional: true,
    description:
      'Folder of an ONNX model that finds persons, organisations and places, in the place of the embedded rules.',
  }),
  nameModelThreads: setting.integer('MILLRACE_PII_MODEL_THREADS', {
    default: Math.max(1, Math.min(8, Math.floor(availableParallelism() / 2))),
    min: 1,
    max: 64,
    description: 'Threads of that model.',
  }),
});

export type NameModelSettings = SettingsOf<typeof nameModelSettings>;
