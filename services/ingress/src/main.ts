import { readSettings, runMain, stopInReverse } from '@millrace/runtime';
import { connectPlatform } from '@millrace/stage';
import { ingressProcessSettings } from './config.ts';
import { startIngress } from './service.ts';

await runMain(async () => {
  const settings = readSettings(ingressProcessSettings, process.env);
  const platform = await connectPlatform('ingress', settings);
  try {
    const ingress = await startIngress(platform, settings);
    return { stop: () => stopInReverse([platform, ingress]) };
  } catch (error) {
    await platform.stop();
    throw error;
  }
});
