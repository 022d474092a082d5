import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { auditSettings } from './config.ts';
import { startAudit } from './service.ts';

await runMain(() => {
  const settings = readSettings(auditSettings, process.env);
  return runStandalone('audit', settings, (platform) => startAudit(platform, settings));
});
