import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { billingSettings } from './config.ts';
import { startBilling } from './service.ts';

await runMain(() => {
  const settings = readSettings(billingSettings, process.env);
  return runStandalone('billing', settings, (platform) => startBillingWithDatabase(platform, settings));
});
