import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { authQuotaSettings } from './config.ts';
import { startAuthQuota } from './service.ts';

await runMain(() => {
  const settings = readSettings(authQuotaSettings, process.env);
  return runStandalone('auth-quota', settings, (platform) => startAuthQuotaWithDatabase(platform, settings));
});
