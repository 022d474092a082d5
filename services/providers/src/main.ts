import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { providersSettings } from './config.ts';
import { readProviders } from './read-providers.ts';
import { startProviders } from './service.ts';

await runMain(() => {
  const settings = readSettings(providersSettings, process.env);
  return runStandalone('providers', settings, async (platform) =>
    startProviders(platform, await readProviders(settings.providersFile, process.env), settings),
  );
});
