import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { workingFolder } from './working-folder.ts';

export const cliSettings = defineSettings({
  workingFolder,
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
