import { eq } from '@millrace/store/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectNats } from '@millrace/bus';
import { bucketDefinitions, streamDefinitions } from '@millrace/contracts';
import { createLogger, stopInReverse, type Stoppable } from '@millrace/runtime';
import { quotas } from '@millrace/store';
import { startTestDatabase, startTestNats, type TestDatabase, type TestNats } from '@millrace/testkit';
import { runCli } from '../run-cli.ts';

const parts: Stoppable[] = [];
let nats: TestNats;
let postgres: TestDatabase;

beforeAll(async () => {
  nats = await startTestNats();
  parts.push(nats);
  postgres = await startTestDatabase();
  parts.push(postgres);
  const logger = createLogger({ service: 'cli-test', level: 'silent' });
  const bus = await connectNats({ url: nats.url, name: 'cli-test', logger });
  await bus.provision(streamDefinitions(), bucketDefinitions);
  await bus.stop();
}, 60_000);
afterAll(() => stopInReverse(parts));

async function run(line: string, environment: Readonly<Record<string, string>>) {
  const written = { out: '', error: '' };
  const exitCode = await runCli({
    args: line.split(' '),
    environment,
    catalogue: [],
    writeOut: (text) => (written.out += text),
    writeError: (text) => (written.error += text),
    isTerminal: false,
  });
  return { exitCode, ...written };
}

it('says which counters are wrong, puts them right, and then finds none', async () => {
  const { database, url } = postgres;
  const environment = { NATS_URL: nats.url, DATABASE_URL: url };
  await database.insert(quotas).values({ scope: 'project', subject: 'acme', inFlight: 7 });
  const found = await run('quota rebuild --dry-run --json', environment);
  expect(JSON.parse(found.out)).toMatchObject({ dryRun: true, quotasChanged: 1 });
  const [before] = await database.select().from(quotas).where(eq(quotas.subject, 'acme'));
  expect(before?.inFlight).toBe(7);

  expect(await run('quota rebuild', environment)).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('quotas changed  1') as string,
  });
  const [after] = await database.select().from(quotas).where(eq(quotas.subject, 'acme'));
  expect(after?.inFlight).toBe(0);
  expect(JSON.parse((await run('quota rebuild --wait --json', environment)).out)).toMatchObject({
    quotasChanged: 0,
  });
});

it('says what is missing', async () => {
  expect(await run('quota rebuild', { NATS_URL: nats.url })).toMatchObject({
    exitCode: 1,
    error: expect.stringContaining('DATABASE_URL') as string,
  });
});
