import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { piiSettings } from './config.ts';
import { startPii } from './service.ts';

await runMain(() => {
  const settings = readSettings(piiSettings, process.env);
  return runStandalone('pii', settings, (platform) => startPii(platform, settings));
});
