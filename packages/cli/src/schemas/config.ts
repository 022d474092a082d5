import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

export const schemasCliSettings = defineSettings({
  registryUrl: setting.string('MILLRACE_SCHEMA_REGISTRY_URL', {
    optional: true,
    description: 'A schema registry with the API of Confluent; --registry says the same.',
  }),
  registryUser: setting.string('MILLRACE_SCHEMA_REGISTRY_USER', {
    optional: true,
    description: 'Who the commands are to the registry.',
  }),
  registryPassword: setting.secret('MILLRACE_SCHEMA_REGISTRY_PASSWORD', {
    optional: true,
    description: 'Its password.',
  }),
  workingFolder: setting.path('INIT_CWD', {
    default: process.cwd(),
    description: 'Folder that paths are relative to; npm sets it.',
  }),
});

export type SchemasCliSettings = SettingsOf<typeof schemasCliSettings>;
