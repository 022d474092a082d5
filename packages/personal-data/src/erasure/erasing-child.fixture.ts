import { connectNats } from '@millrace/bus';
import { createCodec } from '@millrace/contracts';
import { createIdGenerator, createLogger, systemClock, systemRandom } from '@millrace/runtime';
import { createSealing } from '@millrace/sealing';
import { createBucketKeyStore } from '@millrace/stage';
import { openDatabase } from '@millrace/store';
import { erase } from './erase.ts';

/** Erases a tenant as a process of its own, so that it can be killed. */
const [databaseUrl = '', natsUrl = '', masterKey = '', tenant = ''] = process.argv.slice(2);
const logger = createLogger({ service: 'erasing', level: 'silent' });
const codec = createCodec();
const database = await openDatabase({ url: databaseUrl, logger });
const bus = await connectNats({ url: natsUrl, name: 'erasing', logger });
const sealing = await createSealing(Buffer.from(masterKey, 'hex'), createBucketKeyStore({ bus, codec }));
const nextId = createIdGenerator(systemClock, systemRandom);
await erase(
  { bus, codec, clock: systemClock, sealing, database, nextId },
  { tenant, user: null },
  new AbortController().signal,
);
