import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

export const auditCliSettings = defineSettings({
  natsUrl: setting.string('NATS_URL', {
    optional: true,
    description: 'Where NATS is; by default that of the running npm start.',
  }),
  dataDirectory: setting.path('MILLRACE_DATA_DIR', {
    default: '.millrace',
    description: 'The data folder of npm start, which says where its NATS is.',
  }),
  workingFolder: setting.path('INIT_CWD', {
    default: process.cwd(),
    description: 'Folder that paths are relative to; npm sets it.',
  }),
});

export type AuditCliSettings = SettingsOf<typeof auditCliSettings>;
