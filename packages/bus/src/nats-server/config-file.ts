import { join } from 'node:path';

export interface NatsServerConfig {
  readonly dataDir: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly maxPayloadBytes: number;
  readonly sync: SyncPolicy;
  /** How many keys of the environment encrypt the files: see `encryptionKeysFor`. By default none. */
  readonly encryptionKeys?: number | undefined;
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
  encryptionKeys = 0,
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
${[
  ...(encryptionKeys > 0 ? [`  cipher: aes`, `  key: $${keyVariables.present}`] : []),
  ...(encryptionKeys > 1 ? [`  prev_key: $${keyVariables.previous}`] : []),
]
  .map((line) => `${line}\n`)
  .join('')}}
${more}`;
}

const keyVariables = { present: 'MILLRACE_NATS_KEY', previous: 'MILLRACE_NATS_PREVIOUS_KEY' } as const;

/**
 * The environment that hands nats-server its keys, so that they stand in no file: the first encrypts, and what the second has encrypted is
 * read, and taken over at the start. A letter in front keeps digits from being taken for a number.
 */
export function encryptionKeysFor(keys: readonly string[]): Readonly<Record<string, string>> {
  const [present, previous] = keys;
  return {
    ...(present === undefined ? {} : { [keyVariables.present]: `k${present}` }),
    ...(previous === undefined ? {} : { [keyVariables.previous]: `k${previous}` }),
  };
}

/** The syntax takes JSON's escapes but for `/`, which JSON.stringify leaves alone. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
