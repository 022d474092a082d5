import { registrySettings } from '@millrace/kafka';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

export const schemasCliSettings = defineSettings({
  ...registrySettings,
  workingFolder: setting.path('INIT_CWD', {
    default: process.cwd(),
    description: 'Folder that paths are relative to; npm sets it.',
  }),
});

export type SchemasCliSettings = SettingsOf<typeof schemasCliSettings>;
