import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@millrace/runtime';
import { connect, type NatsConnection } from 'nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNatsServer } from './find-nats-server.ts';
import { processIdentity } from '@millrace/runtime';
import { startNatsServer, type NatsServer } from './start-nats-server.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

const publish = (client: NatsConnection, text: string) => client.jetstream().publish('S', text);

async function expectStored(client: NatsConnection, texts: readonly string[]): Promise<void> {
  const { streams } = await client.jetstreamManager();
  const stored = await Promise.all(
    texts.map((_, index) =>
      streams.getMessage('S', { seq: index + 1 }).then(({ data }) => Buffer.from(data).toString()),
    ),
  );
  expect(stored).toEqual(texts);
}

describe('startNatsServer', { timeout: 60_000 }, () => {
  let folder: string;
  let binary: string;
  let servers: NatsServer[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-nats-'));
    binary = await findNatsServer(process.env);
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (dataDir: string, port = 0): Promise<NatsServer> => {
    const server = await startNatsServer({ binary, dataDir, port, logger });
    servers.push(server);
    return server;
  };
  const script = async (text: string): Promise<string> => {
    const path = join(folder, 'fake-server');
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  };

  it('takes clients with JetStream on 127.0.0.1 with room for 4 MiB, and is gone after stop', async () => {
    const server = await start(join(folder, 'new', 'data'));
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    const client = await connect({ servers: server.url });
    expect(client.info).toMatchObject({ max_payload: 4 * 1024 * 1024, jetstream: true, host: '127.0.0.1' });
    await client.close();
    await server.stop();
    await server.stop();
    expect(await server.exited).toEqual({ expected: true });
    expect(await processIdentity(server.pid)).toBeUndefined();
  });

  it('encrypts its files, takes over what lies there in the clear, and goes on under another key', async () => {
    const dataDir = join(folder, 'data');
    const [old, present] = ['a'.repeat(64), 'b'.repeat(64)];
    const run = async (
      encryptionKeys: readonly string[],
      use: (client: NatsConnection) => Promise<void>,
    ): Promise<void> => {
      const server = await startNatsServer({ binary, dataDir, logger, encryptionKeys });
      servers.push(server);
      const client = await connect({ servers: server.url });
      await use(client);
      await client.close();
      await server.kill();
    };
    const filesHold = async (text: string): Promise<boolean> => {
      const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      const contents = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))));
      return contents.some((content) => content.includes(text));
    };

    await run([], async (client) => {
      await (await client.jetstreamManager()).streams.add({ name: 'S', subjects: ['S'] });
      await publish(client, 'in the clear');
    });
    expect(await filesHold('in the clear')).toBe(true);
    await run([old], async (client) => {
      await expectStored(client, ['in the clear']);
      await publish(client, 'under the old key');
    });
    for (const text of ['in the clear', 'under the old key', old]) expect(await filesHold(text)).toBe(false);
    await run([present, old], async (client) => {
      await expectStored(client, ['in the clear', 'under the old key']);
      await publish(client, 'under the new key');
    });
    await expect(startNatsServer({ binary, dataDir, logger, encryptionKeys: [old] })).rejects.toMatchObject({
      code: 'config_invalid',
    });
    await run([present], (client) =>
      expectStored(client, ['in the clear', 'under the old key', 'under the new key']),
    );
    for (const text of ['in the clear', 'the old key', 'the new key', present])
      expect(await filesHold(text)).toBe(false);
  });

  it('says that an end was not expected', async () => {
    const server = await start(join(folder, 'data'));
    process.kill(server.pid, 'SIGKILL');
    expect(await server.exited).toEqual({ expected: false });
  });

  it('says in one sentence that the port is taken', async () => {
    const first = await start(join(folder, 'one'));
    await expect(start(join(folder, 'two'), first.port)).rejects.toMatchObject({
      code: 'port_in_use',
      message: `Port ${first.port} is taken: the nats-server cannot listen on it`,
    });
  });

  it('says that the folder cannot be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(start(join(file, 'data'))).rejects.toMatchObject({ code: 'data_folder_unwritable' });
  });

  it('names NATS_SERVER and NATS_URL when there is no binary', async () => {
    const missing = startNatsServer({ binary: join(folder, 'none'), dataDir: folder, logger });
    await expect(missing).rejects.toMatchObject({
      code: 'part_missing',
      message: expect.stringMatching(/NATS_SERVER.*NATS_URL/),
    });
  });

  it('refuses a server that is too old, with both versions', async () => {
    const old = await script('echo "nats-server: v2.10.29"');
    await expect(startNatsServer({ binary: old, dataDir: folder, logger })).rejects.toMatchObject({
      code: 'nats_server_too_old',
      message: `The nats-server at ${old} is version 2.10.29, and Millrace needs 2.12.0 or newer`,
    });
  });

  it('passes on why a server ended while it started', async () => {
    const broken = await script(
      '[ "$1" = --version ] && echo "nats-server: v2.15.0" && exit; echo "[1] [FTL] no luck" >&2; exit 1',
    );
    await expect(startNatsServer({ binary: broken, dataDir: folder, logger })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no luck'),
    });
  });

  it('stops the server that a killed parent left behind, and keeps its data', async () => {
    const dataDir = join(folder, 'data');
    const parent = spawn(
      process.execPath,
      [join(import.meta.dirname, 'left-over-parent.fixture.ts'), binary, dataDir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    await expect(start(dataDir)).rejects.toMatchObject({
      code: 'data_folder_unwritable',
      message: expect.stringContaining(`in use by process ${parent.pid}`),
    });
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(await processIdentity(pid)).toBeDefined();
    const server = await start(dataDir);
    expect(server.pid).not.toBe(pid);
    expect(await processIdentity(pid)).toBeUndefined();
  });

  it('leaves a process alone that has only the pid of a former server', async () => {
    const dataDir = join(folder, 'data');
    const first = await start(dataDir);
    await first.stop();
    const path = join(dataDir, 'nats-server.json');
    const recorded: { server: { pid: number } } = JSON.parse(await readFile(path, 'utf8'));
    const stranger = spawn('sleep', ['60']);
    recorded.server.pid = stranger.pid ?? 0;
    await writeFile(path, JSON.stringify(recorded));
    await start(dataDir);
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
    stranger.kill();
    await once(stranger, 'exit');
  });
});
