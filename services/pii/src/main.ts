import { openNameModel } from '@millrace/pii-model';
import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { piiSettings } from './config.ts';
import { startPii } from './service.ts';

await runMain(() => {
  const settings = readSettings(piiSettings, process.env);
  return runStandalone('pii', settings, async (platform, keep) => {
    const classifier = await openNameModel(settings, platform);
    if (classifier !== undefined) keep(classifier);
    return startPii({ ...platform, classifier }, settings);
  });
});
