import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Stoppable } from '@millrace/runtime';
import { freePorts, startJavaServer } from './java-server.ts';

/** A schema registry (Apicurio) of a test's own, on a temporary folder; `kill` and `start` keep port and data. */
export interface TestRegistry extends Stoppable {
  /** Of its Confluent-compatible API, as `MILLRACE_SCHEMA_REGISTRY_URL` takes it. */
  readonly url: string;
  readonly pid: number;
  output(): string;
  /** As a crash would; `start` brings it back. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Lets it answer nothing until `resume`, as one that is overloaded. */
  pause(): void;
  resume(): void;
  /** Stops it and removes the folder. */
  stop(): Promise<void>;
}

export async function startTestRegistry(): Promise<TestRegistry> {
  const jars = process.env['MILLRACE_REGISTRY_JARS'];
  if (!jars) throw new Error('There is no schema registry on this machine: look at kafkaIsHere before');
  const jar = (await readdir(jars)).find((name) => name.endsWith('-runner.jar')) ?? '';
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-registry-'));
  try {
    const [port = 0] = await freePorts(1);
    const start = (): ReturnType<typeof startJavaServer> =>
      startJavaServer({
        name: 'The schema registry',
        args: [
          '-Xmx256m',
          '-XX:+UseSerialGC',
          '-Dquarkus.http.host=127.0.0.1',
          `-Dquarkus.http.port=${port}`,
          '-Dquarkus.log.level=INFO',
          // 5 s by default, which a busy machine needs more than once.
          '-Dquarkus.datasource.jdbc.acquisition-timeout=120S',
          // It says that it keeps all in memory, and writes where it is told to.
          `-Dquarkus.datasource.jdbc.url=jdbc:h2:file:${path.join(folder, 'registry')};WRITE_DELAY=0`,
          '-jar',
          path.join(jars, jar),
        ],
        ready: /Listening on: http/u,
      });
    let server = await start();
    return {
      url: `http://127.0.0.1:${port}/apis/ccompat/v7`,
      get pid() {
        return server.pid;
      },
      output: () => server.output(),
      kill: () => server.kill(),
      async start() {
        server = await start();
      },
      pause: () => void process.kill(server.pid, 'SIGSTOP'),
      resume: () => void process.kill(server.pid, 'SIGCONT'),
      async stop() {
        await server.kill();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
