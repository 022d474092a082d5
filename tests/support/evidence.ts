import { appendFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '@millrace/embedded';
import { sql } from '@millrace/store/sql';
import { connect, type Msg } from 'nats';

/**
 * Requests and answers of queues are as upstream writes and wants them: nats-server encrypts them. And whose a credential is, one part
 * asks another, and keeps nothing of it. What an observer is sent, a test has asked for.
 */
const byDesign =
  /^(?:_INBOX\.observer\.|mr\.(?:intake|answers|auth\.verify)(?:\.|$)|\$JS\.ACK\.(?:INTAKE|ANSWERS)\.)/u;

/** A stored message as nats-server hands it out. */
const ofQueues = /"subject":\s*"mr\.(?:intake|answers)\./u;

/** What a system writes anywhere, in files of a folder that can be searched. */
export interface Evidence {
  /** Something that came out of the system, such as an error. */
  keep(file: string, text: string): Promise<void>;
  /** Ends the recording of the bus, and writes down what the system has kept and shows until now. */
  finish(): Promise<void>;
}

/** Records all that passes over the bus from now on, what of it is deleted later included. */
export async function collectEvidence(cluster: Cluster, folder: string): Promise<Evidence> {
  const connection = await connect({ servers: cluster.natsUrl });
  const messages = new Map<string, Buffer[]>();
  const subscription = connection.subscribe('>', {
    callback(error, message) {
      if (error !== null || isByDesign(message)) return;
      const file = `bus ${message.subject.split('.', 3).join('.')}`;
      messages.set(file, [...(messages.get(file) ?? []), bytesOf(message)]);
    },
  });
  await connection.flush();
  const keep: Evidence['keep'] = (file, text) => appendFile(join(folder, file), `${text}\n`);

  return {
    keep,
    async finish() {
      await connection.flush();
      subscription.unsubscribe();
      await connection.close();
      for (const [file, each] of messages) await writeFile(join(folder, file), Buffer.concat(each));
      for (const [name, { url }] of cluster.processes)
        await keep(`metrics of ${name}`, await (await fetch(`${url}/metrics`)).text());
      await dumpTables(cluster, keep);
      await mkdir(join(folder, 'logs'));
      await cp(cluster.folder.logs, join(folder, 'logs'), { recursive: true });
    },
  };
}

function isByDesign({ subject, reply = '', headers, data }: Msg): boolean {
  if (subject.startsWith('_INBOX.') && ofQueues.test(Buffer.from(data).toString('latin1'))) return true;
  return [subject, reply, headers?.get('Nats-Subject') ?? ''].some((each) => byDesign.test(each));
}

function bytesOf({ subject, headers, data }: Msg): Buffer {
  const fields = headers?.keys().map((name) => `${name}: ${headers.values(name).join(', ')}`) ?? [];
  return Buffer.concat([Buffer.from(`\n${[subject, ...fields].join('\n')}\n`), data]);
}

async function dumpTables({ database }: Cluster, keep: Evidence['keep']): Promise<void> {
  const tables = await database.execute<{ readonly name: string }>(
    sql`select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`,
  );
  for (const { name } of tables.rows) {
    const { rows } = await database.execute<{ readonly row: string }>(
      sql.raw(`select to_json(one)::text as row from ${name} one`),
    );
    if (rows.length > 0) await keep(`table ${name}`, rows.map(({ row }) => row).join('\n'));
  }
}
