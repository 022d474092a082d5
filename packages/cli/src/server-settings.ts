import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings } from '@millrace/stage';
import { workingFolder } from './working-folder.ts';

const { natsUser, natsPassword, natsCredentialsFile, natsCaFile, natsCertFile, natsKeyFile } =
  platformSettings;

/** How the commands that read the platform's streams find it. */
export const serverSettings = defineSettings({
  natsUrl: setting.string('NATS_URL', {
    optional: true,
    description: 'Where NATS is; by default that of the running npm start.',
  }),
  natsUser,
  natsPassword,
  natsCredentialsFile,
  natsCaFile,
  natsCertFile,
  natsKeyFile,
  dataFolder: setting.path('MILLRACE_DATA_DIR', {
    default: '.millrace',
    description: 'The data folder of npm start, which says where its servers are.',
  }),
  workingFolder,
});

export type ServerSettings = SettingsOf<typeof serverSettings>;
