import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { kafkaSettings, registrySettings } from '@millrace/kafka';
import { platformSettings } from '@millrace/stage';

const { natsUser, natsPassword, natsCredentialsFile, natsCaFile, natsCertFile, natsKeyFile } =
  platformSettings;

export const tailSettings = defineSettings({
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
  ...kafkaSettings,
  ...registrySettings,
  workingFolder: setting.path('INIT_CWD', {
    default: process.cwd(),
    description: 'Folder that paths are relative to; npm sets it.',
  }),
  dataDirectory: setting.path('MILLRACE_DATA_DIR', {
    default: '.millrace',
    description: 'The data folder of npm start, which says where its NATS is.',
  }),
});

export type TailSettings = SettingsOf<typeof tailSettings>;
