import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';
import { inferenceSettings } from '@millrace/inference';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { workingFolder } from './server-settings.ts';

export const cliSettings = defineSettings({
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
  adminUrl: setting.string('MILLRACE_ADMIN_URL', {
    optional: true,
    description: 'Where the administration is; by default that of npm start.',
  }),
  apiKey: setting.secret('MILLRACE_API_KEY', {
    optional: true,
    description: 'The API key that asks the administration; by default that of npm start.',
  }),
  apiUrl: setting.string('MILLRACE_API_URL', {
    default: 'http://127.0.0.1:8787',
    description: 'Where models are asked; by default that of npm start.',
  }),
  rerunKey: setting.secret('MILLRACE_RERUN_API_KEY', {
    optional: true,
    description: 'The API key that requests which are run again are charged to.',
  }),
  dataFolder: setting.path('MILLRACE_DATA_DIR', {
    default: '.millrace',
    description: 'Folder of npm start, which has its address and its key.',
  }),
});

export type CliSettings = SettingsOf<typeof cliSettings>;
