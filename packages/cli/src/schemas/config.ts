import { registrySettings } from '@millrace/kafka';
import { defineSettings, type SettingsOf } from '@millrace/runtime';
import { workingFolder } from '../working-folder.ts';

export const schemasCliSettings = defineSettings({ ...registrySettings, workingFolder });

export type SchemasCliSettings = SettingsOf<typeof schemasCliSettings>;
