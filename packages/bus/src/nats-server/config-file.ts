import { join } from 'node:path';

export interface NatsServerConfig {
  readonly dataDir: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly maxPayloadBytes: number;
  readonly sync: SyncPolicy;
  /** More of the configuration, such as users and TLS. */
  readonly more?: string | undefined;
}

/**
 * When writes reach the disk itself. The server hands each message to the operating system before it acks, so a killed server
 * loses nothing; `intervalMs` is what a crash of the whole machine may cost. `always` syncs before each ack.
 */
export type SyncPolicy = 'always' | { readonly intervalMs: number };

/** The text of a nats-server configuration. Payloads are never logged: tracing is off and stays off. */
export function natsServerConfig({
  dataDir,
  port,
  maxPayloadBytes,
  sync,
  more = '',
}: NatsServerConfig): string {
  return `# Written at each start.
server_name: millrace
listen: "127.0.0.1:${port === 0 ? -1 : port}"
max_payload: ${maxPayloadBytes}
debug: false
trace: false
logtime: false
jetstream {
  store_dir: ${quoted(join(dataDir, 'store'))}
  sync_interval: ${sync === 'always' ? 'always' : `"${sync.intervalMs}ms"`}
}
${more}`;
}

/** The syntax takes JSON's escapes but for `/`, which JSON.stringify leaves alone. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
