import { kafkaSettings, registrySettings } from '@millrace/kafka';
import { defineSettings, type SettingsOf } from '@millrace/runtime';
import { serverSettings } from '../server-settings.ts';

export const tailSettings = defineSettings({ ...serverSettings, ...kafkaSettings, ...registrySettings });

export type TailSettings = SettingsOf<typeof tailSettings>;
