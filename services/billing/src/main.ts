import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { migrate, openDatabase } from '@millrace/store';
import { billingSettings } from './config.ts';
import { startBilling } from './service.ts';

await runMain((signal) => {
  const settings = readSettings(billingSettings, process.env);
  return runStandalone('billing', settings, async (platform, keep) => {
    const { logger } = platform;
    const database = keep(await openDatabase({ url: settings.databaseUrl.reveal(), logger, signal }));
    await migrate(database);
    return startBilling({ ...platform, database }, settings);
  });
});
