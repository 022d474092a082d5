/** Everything as `npm start` runs it, for a benchmark in the parent process; ends when the parent disconnects. */
import { once } from 'node:events';
import { createApiKey, createTenant } from '@millrace/control-plane';
import { embeddedSettings, startEmbedded } from '@millrace/embedded';
import { readSettings } from '@millrace/runtime';
import type { EmbeddedReady } from './start-embedded-child.ts';

const disconnected = once(process, 'disconnect');
const { signal } = new AbortController();
const embedded = await startEmbedded(process.env, readSettings(embeddedSettings, process.env), signal);
try {
  const { database, servers, url } = embedded;
  await createTenant(database, { id: 'bench', requestsPerMinute: 1_000_000, maxInFlight: 1_000 });
  const { key } = await createApiKey(database, { tenant: 'bench', name: 'bench' });
  const ready: EmbeddedReady = { target: { url, apiKey: key }, natsUrl: servers.natsUrl };
  process.send?.(ready);
  await disconnected;
} finally {
  await embedded.stop();
}
