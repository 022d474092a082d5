import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { serverSettings } from '../server-settings.ts';

export const lakeSettings = defineSettings({
  ...serverSettings,
  databaseUrl: setting.secret('DATABASE_URL', {
    optional: true,
    description: 'Where PostgreSQL is; by default that of the running npm start.',
  }),
  lakeFolder: setting.path('MILLRACE_LAKE_DIR', {
    optional: true,
    description: 'Folder of the lake; by default lake in MILLRACE_DATA_DIR.',
  }),
  queriesFolder: setting.path('MILLRACE_QUERIES_DIR', {
    optional: true,
    description: 'Folder of the saved queries; by default queries in MILLRACE_DATA_DIR.',
  }),
});

export type LakeSettings = SettingsOf<typeof lakeSettings>;
