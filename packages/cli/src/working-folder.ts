import { setting } from '@millrace/runtime';

export const workingFolder = setting.path('INIT_CWD', {
  default: process.cwd(),
  description: 'Folder that paths are relative to; npm sets it.',
});
