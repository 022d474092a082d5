import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Stoppable } from '@millrace/runtime';
import type { Target } from './target.ts';

const childFile = fileURLToPath(new URL('embedded-child.ts', import.meta.url));

/** What the child process sends when it is ready. */
export interface EmbeddedReady {
  readonly target: Target;
  readonly natsUrl: string;
}

/**
 * Starts everything as `npm start` does, away from the load: two processes of Millrace, the nats-server and PostgreSQL.
 *
 * @throws when it ends before it is ready; it has said why on stderr
 */
export async function startEmbeddedChild(
  dataDirectory: string,
  env: Readonly<Record<string, string>>,
): Promise<Stoppable & EmbeddedReady & { readonly pid: number }> {
  const child = fork(childFile, {
    env: { ...process.env, ...env, MILLRACE_DATA_DIR: dataDirectory, MILLRACE_PORT: '0' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const [ready] = (await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => {
      throw new Error(`Millrace ended with ${String(code)} before it was ready.`);
    }),
  ])) as [EmbeddedReady];
  return {
    ...ready,
    pid: child.pid ?? 0,
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
