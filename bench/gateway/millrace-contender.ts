import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createScratchFolder } from '@millrace/embedded';
import { startEmbeddedChild } from '../pipeline/start-embedded-child.ts';
import type { Contender } from './contender.ts';

const price = { currency: 'USD', inputPerMillionTokens: '1', outputPerMillionTokens: '1' };

/** Millrace as `npm start` runs it, with durable metering, and its nats-server and PostgreSQL counted as its own. */
export const millrace: Contender = {
  name: 'Millrace',
  async start(providerUrl) {
    const folder = await createScratchFolder();
    await mkdir(folder.path, { recursive: true });
    const file = path.join(folder.path, 'providers.json');
    const models = [{ name: 'scripted', contextLength: 8_192, price }];
    const provider = { name: 'scripted', baseUrl: providerUrl, maxConcurrency: 256, models };
    await writeFile(file, JSON.stringify({ providers: [provider] }));
    const embedded = await startEmbeddedChild(folder.path, {
      MILLRACE_ENGINE: 'instant',
      MILLRACE_MODEL_MANIFEST: fileURLToPath(new URL('../pipeline/instant-models.json', import.meta.url)),
      MILLRACE_PROVIDERS: file,
      MILLRACE_ANSWER_CACHE: '0',
      MILLRACE_LOG_LEVEL: 'warn',
    });
    return {
      url: `${embedded.target.url}/v1`,
      headers: { authorization: `Bearer ${embedded.target.apiKey}` },
      model: 'scripted',
      pid: embedded.pid,
      async stop() {
        await embedded.stop();
        await folder.stop();
      },
    };
  },
};
