import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings } from '@millrace/stage';

const { natsUser, natsPassword, natsCredentialsFile, natsCaFile, natsCertFile, natsKeyFile } =
  platformSettings;

export const lakeSettings = defineSettings({
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
  databaseUrl: setting.secret('DATABASE_URL', {
    optional: true,
    description: 'Where PostgreSQL is; by default that of the running npm start.',
  }),
  dataFolder: setting.path('MILLRACE_DATA_DIR', {
    default: '.millrace',
    description: 'The data folder of npm start, which says where its servers are.',
  }),
  lakeFolder: setting.path('MILLRACE_LAKE_DIR', {
    optional: true,
    description: 'Folder of the lake; by default lake in MILLRACE_DATA_DIR.',
  }),
  queriesFolder: setting.path('MILLRACE_QUERIES_DIR', {
    optional: true,
    description: 'Folder of the saved queries; by default queries in MILLRACE_DATA_DIR.',
  }),
  workingFolder: setting.path('INIT_CWD', {
    default: process.cwd(),
    description: 'Folder that paths are relative to; npm sets it.',
  }),
});

export type LakeSettings = SettingsOf<typeof lakeSettings>;
