import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectNats, type Bus } from '@millrace/bus';
import {
  bucketDefinitions,
  createCodec,
  natsUsersConfig,
  schemaFolder,
  streamDefinitions,
  subjects,
  type RequestClosed,
} from '@millrace/contracts';
import { createLogger, systemClock, systemRandom, uuidv7 } from '@millrace/runtime';
import { closingOf, publishClosing } from '@millrace/stage/testing';
import { startTestNats, type TestNats } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.ts';

const codec = createCodec();
let folder: string;
let nats: TestNats;
let bus: Bus;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-cli-tail-'));
  nats = await startTestNats();
  bus = await connectNats({
    url: nats.url,
    name: 'test',
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  await bus.provision(streamDefinitions(), bucketDefinitions);
  for (let index = 0; index < 30; index += 1)
    await close(index % 3 === 0 ? 'acme' : 'globex', index % 2 === 0 ? 'COMPLETED' : 'FAILED');
  const golden = async (name: string, subject: string): Promise<void> => {
    await bus.publish({ subject, payload: await goldenBytes(name) });
  };
  const charge = codec.decode('billing.charged', await goldenBytes('billing.charged.v3'));
  const payload = codec.encode('billing.charged', { ...charge, tenant: 'acme' });
  await bus.publish({ subject: subjects.charged('acme'), payload });
  await golden('billing.adjusted.v1', subjects.adjusted('acme'));
  await golden('budget.reached.v1', subjects.budgetReached('project', 'acme'));
  await golden('admission.decided.v1', subjects.decided('acme'));
  await golden('dead.letter.v1', subjects.deadLetter('pii', 'acme'));
  await golden('answer.given.v1', subjects.answer('acme', 'support', uuidv7(systemClock, systemRandom)));
  const record = codec.decode('audit.recorded', await goldenBytes('audit.recorded.v2'));
  const event = await goldenBytes('act.performed.v1');
  await bus.publish({
    subject: subjects.recorded('acme'),
    payload: codec.encode('audit.recorded', { ...record, tenant: 'acme', event }),
  });
  await bus.publish({ subject: subjects.recorded('broken'), payload: Buffer.from('not an event') });
});
afterAll(async () => {
  await bus.stop();
  await nats.stop();
  await rm(folder, { recursive: true });
});

async function goldenBytes(name: string): Promise<Buffer> {
  const text = await readFile(path.join(schemaFolder, 'fixtures', `${name}.json`), 'utf8');
  return Buffer.from((JSON.parse(text) as { readonly bytes: string }).bytes, 'base64');
}

async function close(tenant: string, outcome: RequestClosed['outcome']): Promise<string> {
  const requestId = uuidv7(systemClock, systemRandom);
  const now = systemClock.now();
  const closing = closingOf(tenant, { request_id: requestId, received_at: now, closed_at: now, outcome });
  await publishClosing(bus, codec, closing);
  return requestId;
}

async function run(line: string, environment: Readonly<Record<string, string>> = {}) {
  const written = { out: '', error: '' };
  const exitCode = await runCli({
    args: line.split(' '),
    environment: { INIT_CWD: folder, NATS_URL: nats.url, ...environment },
    catalogue: [],
    writeOut: (text) => (written.out += text),
    writeError: (text) => (written.error += text),
    isTerminal: false,
  });
  return { exitCode, ...written };
}

interface Line {
  readonly stream: string;
  readonly sequence: number;
  readonly schema: string;
  readonly value: Readonly<Record<string, unknown>>;
}
const linesOf = (out: string): readonly Line[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('tail requests', () => {
  it('shows the last 20 as a table', async () => {
    const { exitCode, out } = await run('tail requests');
    const [heading, ...rows] = out.trimEnd().split('\n');
    expect(exitCode).toBe(0);
    expect(heading).toMatch(/^TIME +REQUEST +TENANT +MODEL +OUTCOME/u);
    expect(rows).toHaveLength(20);
    expect(rows.at(-1)).toMatch(/^\d{4}-[\d:.TZ-]+ {2}[\da-f-]{36} {2}globex +\S+ +FAILED/u);
  });

  it('chooses by tenant and outcome, and counts from a sequence', async () => {
    const { out } = await run('tail requests --tenant acme --outcome failed --limit 3 --json');
    const lines = linesOf(out);
    expect(lines).toHaveLength(3);
    expect(new Set(lines.map(({ value }) => value['outcome']))).toEqual(new Set(['FAILED']));
    expect(lines[0]).toMatchObject({ stream: 'CLOSED', schema: 'request.closed', value: { tenant: 'acme' } });
    const since = linesOf((await run('tail requests --since #29 --json')).out);
    expect(since.map(({ sequence }) => sequence)).toEqual([29, 30]);
    expect(linesOf((await run('tail requests --since 1h --json')).out)).toHaveLength(30);
    expect(linesOf((await run('tail requests --since 1h --limit 2 --json')).out)).toMatchObject([
      { sequence: 1 },
      { sequence: 2 },
    ]);
  });
});

describe('the other sources', () => {
  it('billing has charges, adjustments and budgets', async () => {
    const { out } = await run('tail billing');
    expect(out.split('\n').slice(1, 4)).toEqual([
      expect.stringContaining('charge'),
      expect.stringContaining('credit'),
      expect.stringContaining('budget'),
    ]);
    expect(out).toContain('-1234.0000056789');
    expect(linesOf((await run('tail billing --tenant acme --json')).out)).toHaveLength(1);
  });

  it('audit has the events inside of its records, and says what cannot be read', async () => {
    const { out } = await run('tail audit');
    expect(out).toContain('text of /action');
    expect(out).toContain('AUDIT #2  mr.audit.recorded.broken  The message is neither Avro nor JSON');
    const [line] = linesOf((await run('tail audit --tenant acme --json')).out);
    expect(line?.value).toMatchObject({
      event: { schema: 'act.performed', version: 1, value: { actor: {} } },
      previous_hash: expect.stringMatching(/^[\da-f]{64}$/u),
    });
  });

  it('admissions have a row for each decision', async () => {
    const [line] = linesOf((await run('tail admissions --json')).out);
    expect(line?.value).toMatchObject({ tenant: expect.any(String), code: expect.any(String) });
  });

  it('content that is sealed is shown as sealed', async () => {
    const [letter] = linesOf((await run('tail dead-letters --json')).out);
    expect(letter?.value['payload']).toEqual({ sealed: true, bytes: 8 });
    const [answer] = linesOf((await run('tail answers --json')).out);
    expect(answer?.value).toMatchObject({ kind: 'ERROR', queue: expect.any(String) });
  });
});

describe('tail --decode', () => {
  it('decodes whatever lies on a subject', async () => {
    const { out } = await run('tail --decode mr.billing.*.acme --limit 1');
    expect(out).toMatch(
      /BILLING #2 {2}mr\.billing\.adjusted\.acme {2}billing\.adjusted v1\n\{\n {2}"entry_id"/u,
    );
    expect((await run('tail --decode mr.request.closed.> --json')).out.trimEnd().split('\n')).toHaveLength(
      20,
    );
  });

  it('decodes the wire format not without a registry', async () => {
    await bus.publish({ subject: subjects.recorded('wire'), payload: Buffer.from([0, 0, 0, 0, 7, 1]) });
    expect((await run('tail --decode mr.audit.recorded.wire')).out).toContain('name it with --registry');
  });
});

describe('the command line', () => {
  it.each([
    [
      'tail',
      2,
      'tail needs one of requests, billing, audit, admissions, dead-letters, answers, --decode or --topic.',
    ],
    ['tail everything', 2, 'There is no tail everything: it must be one of requests'],
    ['tail requests now', 2, 'tail takes one argument beside its options, not now.'],
    ['tail requests --since yesterday', 2, '--since is yesterday: it must be a duration such as 15m or 7d'],
    ['tail requests --limit none', 2, '--limit is none: it must be a whole number from 1 to 1000000.'],
    ['tail --decode mr.> --tenant acme', 2, '--tenant chooses rows of tail requests'],
    [
      'tail --decode other.subject',
      1,
      'No stream keeps other.subject. Subjects that are kept: mr.request.received.*',
    ],
    ['tail --topic t', 1, 'MILLRACE_KAFKA_BROKERS has no broker'],
    ['decode', 2, 'decode needs a file, or - for the standard input.'],
    [
      'decode x --encoding ascii',
      2,
      '--encoding is ascii: it must be one of auto, raw, base64, hex, framed.',
    ],
    ['decode absent', 1, 'absent cannot be read.'],
  ])('%s ends with %i and says why', async (line, exitCode, message) => {
    const answer = await run(line);
    expect(answer).toMatchObject({ exitCode, out: '' });
    expect(answer.error).toContain(message);
  });
});

describe('decode', () => {
  it('reads raw, base64, hexadecimal and framed messages', async () => {
    const bytes = await goldenBytes('key.revoked.v1');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    await writeFile(path.join(folder, 'raw'), bytes);
    await writeFile(path.join(folder, 'lines'), `${bytes.toString('base64')}\n\n${bytes.toString('hex')}\n`);
    await writeFile(path.join(folder, 'framed'), Buffer.concat([length, bytes, length, bytes]));
    expect((await run('decode raw')).out).toMatch(/^key\.revoked v1\n\{\n {2}"key_id"/u);
    expect(linesOf((await run('decode lines --json')).out)).toHaveLength(2);
    expect(linesOf((await run('decode framed --encoding framed --json')).out)).toMatchObject([
      { schema: 'key.revoked' },
      { schema: 'key.revoked' },
    ]);
  });

  it('says what cannot be decoded, and ends with 1', async () => {
    await writeFile(path.join(folder, 'unknown'), Buffer.from('c3010000000000000000', 'hex'));
    await writeFile(path.join(folder, 'cut'), Buffer.from('00000009c301', 'hex'));
    expect(await run('decode unknown')).toMatchObject({
      exitCode: 1,
      out: 'unknown, message 1: No schema has the fingerprint 0000000000000000.\n',
    });
    expect((await run('decode cut --encoding framed')).error).toContain('The message at byte 0 goes beyond');
  });
});

describe('as a process', () => {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const start = (line: string): ChildProcess =>
    spawn(process.execPath, [main, ...line.split(' ')], {
      env: { ...process.env, NATS_URL: nats.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('follows what comes, and ends with 0 at Ctrl-C', async () => {
    const child = start('tail requests --limit 1 --follow --json');
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await expect.poll(() => out).toContain('"sequence":30');
    const requestId = await close('acme', 'COMPLETED');
    await expect.poll(() => out).toContain(requestId);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends with 0 when its reader has read enough', async () => {
    const child = start('tail requests --since 1h --follow --json');
    let problems = '';
    child.stderr?.on('data', (chunk: Buffer) => (problems += chunk.toString()));
    await once(child.stdout as NodeJS.EventEmitter, 'data');
    child.stdout?.destroy();
    const ended = once(child, 'exit');
    await close('acme', 'COMPLETED');
    expect(await ended).toEqual([0, null]);
    expect(problems).toBe('');
  });
});

describe('with users', () => {
  let guarded: TestNats;
  const password = 'password-of-analyst';

  beforeAll(async () => {
    const users = natsUsersConfig(
      (user) => JSON.stringify(`password-of-${user}`),
      ['{ user: observer, password: "password-of-observer" }'],
    );
    guarded = await startTestNats(users);
    const observer = await connectNats({
      url: guarded.url.replace('nats://', 'nats://observer:password-of-observer@'),
      name: 'test',
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    await observer.provision(streamDefinitions(), bucketDefinitions);
    await observer.publish({
      subject: subjects.charged('acme'),
      payload: await goldenBytes('billing.charged.v3'),
    });
    await observer.stop();
  });
  afterAll(() => guarded.stop());

  const analyst = () => ({ NATS_URL: guarded.url, NATS_USER: 'analyst', NATS_PASSWORD: password });

  it('analyst reads what is sealed or has no content', async () => {
    expect((await run('tail billing', analyst())).out).toContain('charge');
    expect(await run('tail requests', analyst())).toMatchObject({ exitCode: 0, error: '' });
  });

  it('analyst is told at once what it may not read', async () => {
    expect(await run('tail answers', analyst())).toMatchObject({
      exitCode: 1,
      error: 'NATS does not let analyst read ANSWERS: set NATS_USER and NATS_PASSWORD to a user who may.\n',
    });
  });
});
