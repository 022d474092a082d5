import { chmod, copyFile, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createScratchFolder, type ScratchFolder } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textOf } from '../support/answer.ts';
import { startMillrace, type Millrace } from '../support/millrace.ts';

interface Credentials {
  readonly url: string;
  readonly tenant: string;
  readonly api_key: string;
}

const question = 'What is the capital of France?';
const ready = 'Ctrl-C stops it.';
/** One line, that of a sentence, and no stack trace. */
const oneSentence = /^[^\n]+\n$/u;

let folder: ScratchFolder;
let dataDirectory: string;
let running: Millrace[];

beforeEach(async () => {
  folder = await createScratchFolder();
  dataDirectory = join(folder.path, 'data');
  running = [];
});

afterEach(async () => {
  for (const millrace of running) millrace.kill('SIGTERM');
  await Promise.all(running.map(({ ended }) => ended));
  await folder.stop();
});

function start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Millrace {
  const millrace = startMillrace(args, { MILLRACE_DATA_DIR: dataDirectory, MILLRACE_PORT: '0', ...env });
  running.push(millrace);
  return millrace;
}

async function readCredentials(): Promise<Credentials> {
  return JSON.parse(await readFile(join(dataDirectory, 'credentials.json'), 'utf8')) as Credentials;
}

describe('one prompt', () => {
  it('is answered in the terminal, with what it cost and that it is on record', async () => {
    const { code, stdout, stderr } = await start(['--once', question]).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /Paris[^]*\n\nstop · 27 \+ \d+ tokens · first token after \d+ ms · 0\.\d+ USD \(ledger [\da-f-]{36}\) · audit: 1 record, verified\n$/u,
    );
  });

  it('is answered as one JSON object', async () => {
    const { code, stdout, stderr } = await start(['--once', question, '--json']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const milliseconds = expect.any(Number) as number;
    const id = expect.stringMatching(/^[\da-f-]{36}$/u) as string;
    expect(JSON.parse(stdout)).toEqual({
      text: expect.stringContaining('Paris') as string,
      finish_reason: 'stop',
      usage: {
        input_tokens: 27,
        cached_input_tokens: 0,
        output_tokens: expect.any(Number) as number,
        total_tokens: expect.any(Number) as number,
      },
      timings: {
        queue_ms: milliseconds,
        prefill_ms: milliseconds,
        time_to_first_token_ms: milliseconds,
        total_ms: milliseconds,
      },
      request_id: id,
      ledger: { entry_id: id, amount: expect.stringMatching(/^0\.\d*[1-9]\d*$/u) as string, currency: 'USD' },
      // Of the request, and of the place in the answer where it is counted by then.
      audit: { records: expect.any(Number) as number, verified: true },
    });
  });
});

describe('a platform that runs', () => {
  it('says how to use it, ends on SIGTERM with 0, and comes back with the same key and all that it had', async () => {
    const first = start();
    const banner = await first.said(ready);
    const { url, api_key: apiKey } = await readCredentials();
    expect((await stat(join(dataDirectory, 'credentials.json'))).mode & 0o777).toBe(0o600);
    for (const text of [url, apiKey, dataDirectory, 'curl']) expect(banner).toContain(text);
    const client = await openStream(url, { apiKey });
    client.send({ type: 'generate', id: 'one', prompt: question, temperature: 0 });
    expect(await client.ended('one')).toMatchObject({ type: 'completed' });
    expect(textOf(client, 'one')).toContain('Paris');
    first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await client.closed).toMatchObject({ code: 1001 });

    const { code, stdout } = await start(['--once', question, '--json']).ended;
    expect(code).toBe(0);
    expect((await readCredentials()).api_key).toBe(apiKey);
    expect(JSON.parse(stdout)).toMatchObject({
      audit: { records: expect.any(Number) as number, verified: true },
    });
  });

  it('keeps a second one out of its data folder', async () => {
    const first = start();
    await first.said(ready);
    const { code, stderr } = await start().ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(oneSentence);
    expect(stderr).toMatch(/is in use by process \d+: stop it, or choose another folder/u);
    const { url } = await readCredentials();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('leaves no server behind when its whole process group is told to end', async () => {
    const settings = { MILLRACE_DATA_DIR: dataDirectory, MILLRACE_PORT: '0' };
    const script = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));
    const millrace = startMillrace([], settings, { script, detached: true });
    await millrace.said(ready);
    const owners = await Promise.all(
      ['nats/nats-server.json', 'postgres/postgres.json'].map((file) =>
        readFile(join(dataDirectory, file), 'utf8'),
      ),
    );
    const pids = owners.flatMap((text) =>
      [...text.matchAll(/"pid":\s*(\d+)/gu)].map(([, pid]) => Number(pid)),
    );
    expect(pids.length).toBeGreaterThanOrEqual(2);
    process.kill(-millrace.pid, 'SIGTERM');
    await millrace.ended;
    expect(pids.filter(isRunning)).toEqual([]);
  });

  it('ends with 0 when it is told to while it starts', async () => {
    const millrace = start();
    await untilThere(join(dataDirectory, 'nats'));
    millrace.kill('SIGTERM');
    expect(await millrace.ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('what is in the way is said in one sentence', () => {
  it('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await start([], { MILLRACE_PORT: String(port) }).ended).toEqual(
      refusedWith(new RegExp(`Port ${port} is in use: .*MILLRACE_PORT`, 'u')),
    );
    server.close();
  });

  it('a data folder that cannot be written', async () => {
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    expect(await start([], { MILLRACE_DATA_DIR: join(file, 'data') }).ended).toEqual(
      refusedWith(/The data folder \S+\/file\/data cannot be written: .*MILLRACE_DATA_DIR/u),
    );
  });

  it('a data folder where nothing can be made', async () => {
    expect(await start([], { MILLRACE_DATA_DIR: '/proc/millrace' }).ended).toEqual(
      refusedWith(/The data folder \/proc\/millrace cannot be written: .*MILLRACE_DATA_DIR/u),
    );
  });

  it('a master key that is not the one of the data', async () => {
    expect((await start(['--once', question]).ended).code).toBe(0);
    await rm(join(dataDirectory, 'master.key'));
    expect(await start().ended).toEqual(
      refusedWith(/The master key is not the one that the data was sealed with/u),
    );
  });

  it('a nats-server that is too old', async () => {
    const server = join(folder.path, 'nats-server');
    await writeFile(server, '#!/bin/sh\necho "nats-server: v2.9.25"\n');
    await chmod(server, 0o755);
    expect(await start([], { NATS_SERVER: server }).ended).toEqual(
      refusedWith(/The nats-server at \S+ is version 2\.9\.25, and Millrace needs 2\.12\.0 or newer/u),
    );
  });

  it('a corrupt model', async () => {
    const model = join(folder.path, 'model');
    await mkdir(model);
    const source = process.env['MILLRACE_MODEL_DIR'] ?? '';
    for (const name of ['model.json', 'model.onnx', 'tokenizer.json'])
      await copyFile(join(source, name), join(model, name));
    await truncate(join(model, 'model.onnx'), 1_000_000);
    expect(await start([], { MILLRACE_MODEL_DIR: model }).ended).toEqual(
      refusedWith(/inference did not start: The model \S+model\.onnx cannot be loaded/u),
    );
  });

  it('a model of names that is not there', async () => {
    const absent = join(folder.path, 'names');
    expect(await start([], { MILLRACE_PII_MODEL: absent }).ended).toEqual(
      refusedWith(/A file of the model of names cannot be read \(ENOENT\): \S+names\/config\.json/u),
    );
  });

  it('an execution provider that is not installed', async () => {
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
    expect(await start([], { MILLRACE_EXECUTION_PROVIDER: absent }).ended).toEqual(
      refusedWith(
        new RegExp(
          `inference did not start: MILLRACE_EXECUTION_PROVIDER is ${absent}: the installed ONNX Runtime has cpu`,
          'u',
        ),
      ),
    );
  });

  it.for([
    [['--port', '1'], {}, /.*--port/u],
    [['--once', ' '], {}, /--once needs a prompt/u],
    [['--json'], {}, /--json goes with --once/u],
    [[], { MILLRACE_PORT: 'many' }, /MILLRACE_PORT is "many": it must be a whole number from 0 to 65535/u],
    [[], { MILLRACE_LOG_LEVEL: 'loud' }, /MILLRACE_LOG_LEVEL is "loud": .*debug/u],
  ] as const)('the arguments %j with the settings %j', async ([args, env, sentence]) => {
    expect(await start(args, env).ended).toEqual(refusedWith(sentence));
  });
});

/** It ended with 1, and said this, on one line. */
function refusedWith(sentence: RegExp): object {
  return {
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(`^${sentence.source}[^\\n]*\\n$`, 'u')) as string,
  };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function untilThere(path: string): Promise<void> {
  for (;;) {
    try {
      await stat(path);
      return;
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
