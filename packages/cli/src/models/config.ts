import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';
import { inferenceSettings } from '@millrace/inference/settings';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { workingFolder } from '../working-folder.ts';

export const modelSettings = defineSettings({
  cacheFolder: setting.path('MILLRACE_CACHE_DIR', {
    optional: true,
    description: 'Folder of the weights and the converted models.',
  }),
  userCacheFolder: setting.path('XDG_CACHE_HOME', {
    default: path.join(homedir(), '.cache'),
    description: "The user's cache folder, where MILLRACE_CACHE_DIR is not set.",
  }),
  workingFolder,
  threads: setting.integer('MILLRACE_THREADS', {
    default: Math.min(8, availableParallelism()),
    min: 1,
    max: 256,
    description: 'Threads that measure the quality.',
  }),
  provider: inferenceSettings.provider,
});

export type ModelSettings = SettingsOf<typeof modelSettings>;
