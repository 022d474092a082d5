import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { migrate, openDatabase } from '@millrace/store';
import { authQuotaSettings } from './config.ts';
import { startAuthQuota } from './service.ts';

await runMain((signal) => {
  const settings = readSettings(authQuotaSettings, process.env);
  return runStandalone('auth-quota', settings, async (platform, keep) => {
    const { logger } = platform;
    const database = keep(await openDatabase({ url: settings.databaseUrl.reveal(), logger, signal }));
    await migrate(database);
    return startAuthQuota({ ...platform, database }, settings);
  });
});
