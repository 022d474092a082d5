import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startAudit } from '@millrace/audit';
import { recordAct } from '@millrace/audit-log';
import { connectNats, type Bus } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions, subjects } from '@millrace/contracts';
import {
  createLogger,
  createMetrics,
  stopInReverse,
  systemClock,
  systemRandom,
  uuidv7,
  type Stoppable,
} from '@millrace/runtime';
import { closingOf, publishClosing } from '@millrace/stage/testing';
import { startTestNats, type TestNats } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.ts';

const codec = createCodec();
const clock = systemClock;
const logger = createLogger({ service: 'test', level: 'silent' });
const tenant = 'acme';
const requestId = uuidv7(clock, systemRandom);
let actId: string;
let folder: string;
let nats: TestNats;
let bus: Bus;
const parts: Stoppable[] = [];
const keep = <Part extends Stoppable>(part: Part): Part => {
  parts.push(part);
  return part;
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-cli-audit-'));
  nats = keep(await startTestNats());
  bus = keep(await connectNats({ url: nats.url, name: 'test', logger }));
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const dependencies = { bus, codec, sealing: undefined as never, clock, logger, metrics: createMetrics() };
  keep(
    await startAudit(dependencies, {
      ackWaitMs: 10_000,
      maxBatch: 64,
      maxDeliveries: 5,
      keyFile: path.join(folder, 'audit.key'),
      checkpointIntervalMs: 100,
      checkpointFile: path.join(folder, 'checkpoints.jsonl'),
    }),
  );
  const now = clock.now();
  await publishClosing(
    bus,
    codec,
    closingOf(tenant, { request_id: requestId, received_at: now - 4, closed_at: now }),
  );
  actId = await recordAct(dependencies, {
    tenant,
    actor: { keyId: 'k1', userId: 'ada', roles: ['admin'] },
    action: 'key.revoke',
    objectType: 'key',
    objectId: 'k2',
    before: { state: 'active' },
    after: { state: 'revoked' },
  });
  await untilSigned(2);
}, 60_000);
afterAll(async () => {
  await stopInReverse(parts);
  await rm(folder, { recursive: true });
});

/** Resolves when so many records are signed; each look is a question to the server. */
async function untilSigned(size: number): Promise<void> {
  for (let signed = 0; signed < size;) {
    const last = await bus.lastMessage('CHECKPOINTS', subjects.checkpointed(tenant));
    if (last !== undefined) signed = codec.decode('audit.checkpointed', last.payload).size;
  }
}

async function run(line: string, environment: Readonly<Record<string, string>> = { NATS_URL: nats.url }) {
  const written = { out: '', error: '' };
  const exitCode = await runCli({
    args: line.split(' '),
    environment: { INIT_CWD: folder, ...environment },
    catalogue: [],
    writeOut: (text) => (written.out += text),
    writeError: (text) => (written.error += text),
    isTerminal: false,
  });
  return { exitCode, ...written };
}
const offline = (line: string) => run(line, {});

describe('audit', () => {
  it('exports what somebody else verifies with the public key alone', async () => {
    const keys = await run('audit public-key');
    expect(keys).toMatchObject({ exitCode: 0, error: '' });
    expect(keys.out).toMatch(/^ed25519:[\w+/=]{44} [\da-f]{32}\n$/u);
    await writeFile(path.join(folder, 'keys.txt'), keys.out);
    expect(await run('audit export --tenant acme --to chain.jsonl')).toEqual({
      exitCode: 0,
      out: `${path.join(folder, 'chain.jsonl')}: 2 records of acme, signed.\n`,
      error: '',
    });
    const verified = await offline('audit verify chain.jsonl --key keys.txt --checkpoints checkpoints.jsonl');
    expect(verified).toMatchObject({ exitCode: 0, error: '' });
    expect(verified.out).toMatch(
      /^acme: records 2, checkpoints \d+\.\nSigned through record 2, .*\nEvery record is the one that was signed/u,
    );

    const lines = (await readFile(path.join(folder, 'chain.jsonl'), 'utf8')).trimEnd().split('\n');
    await writeFile(path.join(folder, 'cut.jsonl'), lines.slice(0, -1).join('\n'));
    const key = keys.out.split(' ')[0] ?? '';
    const cut = await offline(`audit verify cut.jsonl --key ${key} --json`);
    expect(cut.exitCode).toBe(1);
    expect(JSON.parse(cut.out)).toMatchObject({ firstBroken: { sequence: 2, reason: 'truncated' } });
    expect((await offline(`audit verify cut.jsonl --key ${key}`)).out).toContain(
      'BROKEN: record 2 was cut off: it was signed and is not there.',
    );
  });

  it('writes a receipt that is verified alone, and finds one that was forged', async () => {
    await writeFile(path.join(folder, 'trusted.txt'), (await run('audit public-key')).out);
    expect(await run(`audit receipt ${requestId} --to receipt.json`)).toMatchObject({ exitCode: 0 });
    const held = await offline('audit verify receipt.json --key trusted.txt');
    expect(held.exitCode).toBe(0);
    expect(held.out).toContain(`The receipt holds: request.closed ${requestId} is record`);

    const receipt = JSON.parse(await readFile(path.join(folder, 'receipt.json'), 'utf8')) as object;
    const { out } = await run(`audit receipt ${actId} --tenant acme`);
    const { record } = JSON.parse(out) as { readonly record: string };
    await writeFile(path.join(folder, 'forged.json'), JSON.stringify({ ...receipt, record }));
    expect(await offline('audit verify forged.json --key trusted.txt --json')).toMatchObject({
      exitCode: 1,
      out: '{"verified":false,"problem":"not_included"}\n',
    });
  });

  it('explains a request and an act', async () => {
    const request = await run(`explain ${requestId}`);
    expect(request.exitCode).toBe(0);
    expect(request.out).toMatch(/outcome +COMPLETED \(stop\)\n/u);
    expect(request.out).toMatch(/auth-quota +admitted/u);
    const json = JSON.parse((await run(`explain ${actId} --json`)).out) as object;
    expect(json).toMatchObject({
      record: { tenant, hash: expect.any(String) as string },
      act: { action: 'key.revoke', object_id: 'k2', after: { state: 'revoked' } },
      receipt: { format: 'millrace-receipt/1' },
    });
    expect((await run(`explain ${actId}`)).out).toMatch(
      /action +key\.revoke key k2\nby +ada, key k1 \(admin\)\n/u,
    );
  });

  it('says what was found in the answer of a request', async () => {
    const id = uuidv7(clock, systemRandom);
    const now = clock.now();
    const closing = closingOf('clinic', { request_id: id, received_at: now - 4, closed_at: now });
    await publishClosing(bus, codec, closing);
    const findings = [
      { type: 'EMAIL_ADDRESS', action: 'replace', count: 1 },
      { type: 'PERSON', action: 'report', count: 2 },
    ];
    const found = { request_id: id, tenant: 'clinic', direction: 'OUTPUT', findings, at: now } as const;
    await bus.publish({ subject: subjects.found('clinic'), payload: codec.encode('pii.found', found) });
    const text = async (): Promise<string> => (await run(`explain ${id}`)).out;
    await expect
      .poll(text, { timeout: 20_000 })
      .toMatch(/in the answer +EMAIL_ADDRESS\.replace=1 PERSON\.report=2, by record [12]\n/u);
    expect(JSON.parse((await run(`explain ${id} --json`)).out)).toMatchObject({
      findings: { found: { findings } },
    });
  });

  it('takes NATS from the data folder of npm start', async () => {
    await writeFile(path.join(folder, 'nats.url'), `${nats.url}\n`);
    expect(await run('audit public-key', { MILLRACE_DATA_DIR: folder })).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['explain 01890a5d-ac96-774b-bcce-b302099a8057', 1, 'is not on record.'],
    ['audit export --tenant nobody --to x.jsonl', 1, 'nobody has no audit chain.'],
    [
      'audit export --tenant acme --to audit.key',
      1,
      'audit.key is there already: name another file with --to.',
    ],
    ['audit verify nothing.jsonl --key ed25519:AAAA', 1, 'A public key has 32 bytes; this one has 3.'],
    ['audit verify audit.key --key audit.key', 1, 'This is a private key; the public one is needed.'],
    [
      'audit verify chain.jsonl',
      2,
      'audit verify needs --key: the public key that you trust. See audit --help.',
    ],
    ['audit export --tenant acme', 2, 'audit export needs --to. See audit --help.'],
    ['audit prove', 2, 'audit needs one of export, verify, receipt, public-key. See audit --help.'],
    ['audit receipt', 2, 'audit receipt needs an id. See audit --help.'],
    ['audit public-key more', 2, 'audit public-key takes no argument beside its options. See audit --help.'],
    ['explain', 2, 'explain takes the id of one request or act. See audit --help.'],
  ])('%s ends with %i and says why', async (line, exitCode, message) => {
    const answer = await run(line);
    expect(answer).toMatchObject({ exitCode, out: '' });
    expect(answer.error).toContain(message);
  });

  it('says where it looked for NATS', async () => {
    const answer = await run('audit public-key', { MILLRACE_DATA_DIR: path.join(folder, 'none') });
    expect(answer.error).toContain('Where NATS is stands neither in NATS_URL nor in');
  });

  it.each(['audit --help', 'audit', 'audit verify -h', 'explain --help'])(
    '%s explains itself',
    async (line) => {
      expect((await offline(line)).out).toContain('audit verify FILE --key KEY');
    },
  );
});
