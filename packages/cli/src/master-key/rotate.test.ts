import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectNats } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions } from '@millrace/contracts';
import { createLogger, stopInReverse, type Stoppable } from '@millrace/runtime';
import { createSealing } from '@millrace/sealing';
import { createBucketKeyStore } from '@millrace/stage';
import { startTestNats, type TestNats } from '@millrace/testkit';
import { runCli } from '../run-cli.ts';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const parts: Stoppable[] = [];
let nats: TestNats;

/** A sealing that has only one master key. */
async function sealingWith(masterKey: Uint8Array) {
  const logger = createLogger({ service: 'cli-test', level: 'silent' });
  const bus = await connectNats({ url: nats.url, name: 'cli-test', logger });
  parts.push(bus);
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const sealing = await createSealing(masterKey, createBucketKeyStore({ bus, codec: createCodec() }));
  parts.push(sealing);
  return sealing;
}

beforeAll(async () => {
  nats = await startTestNats();
  parts.push(nats);
}, 60_000);
afterAll(() => stopInReverse(parts));

async function run(line: string, keys: readonly Uint8Array[]) {
  const written = { out: '', error: '' };
  const exitCode = await runCli({
    args: line.split(' '),
    environment: {
      NATS_URL: nats.url,
      MILLRACE_MASTER_KEY: keys.map((key) => Buffer.from(key).toString('base64')).join(','),
    },
    catalogue: [],
    writeOut: (text) => (written.out += text),
    writeError: (text) => (written.error += text),
    isTerminal: false,
  });
  return { exitCode, ...written };
}

it('makes the old master key unnecessary', async () => {
  const sealed = (await (await sealingWith(oldKey)).forTenant('acme')).seal(Buffer.from('words'), 'context');
  const first = await run('master-key rotate --json', [newKey, oldKey]);
  expect(JSON.parse(first.out)).toMatchObject({ rewrapped: 2 });
  const box = await (await sealingWith(newKey)).forTenant('acme');
  expect(Buffer.from(box.open(sealed, 'context')).toString()).toBe('words');
  const again = await run('master-key rotate --json', [newKey]);
  expect(JSON.parse(again.out)).toMatchObject({ rewrapped: 0 });
});

it('refuses master keys that are not those of the data keys', async () => {
  expect(await run('master-key rotate', [randomBytes(32)])).toMatchObject({ exitCode: 1 });
  expect(await run('master-key turn', [newKey])).toMatchObject({ exitCode: 2 });
});
