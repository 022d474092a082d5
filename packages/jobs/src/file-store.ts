import { and, asc, desc, eq, gt, isNotNull, lt, sql } from '@millrace/store/sql';
import type { GatewayPrincipal } from '@millrace/relay';
import type { SealingBox } from '@millrace/sealing';
import { filePieces, files, inTransaction, onConnection, type Transaction } from '@millrace/store';
import { isId, newId, type JobDependencies } from './job-dependencies.ts';
import { isZeroRetention, keptUntil } from './kept-until.ts';
import { pageOf, type Page, type PageRequest } from './page.ts';
import { visibleTo } from './principal.ts';

export type FilePurpose = 'batch' | 'batch_output';

/** A file without its content. Times are in milliseconds since the epoch. */
export interface StoredFile {
  readonly id: string;
  readonly tenant: string;
  /** Whose key seals it; null: that of the tenant. */
  readonly user: string | null;
  readonly purpose: FilePurpose;
  readonly name: string;
  readonly bytes: number;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface NewFile {
  readonly principal: Pick<GatewayPrincipal, 'tenant' | 'key_id' | 'user_id'>;
  readonly purpose: FilePurpose;
  readonly name: string;
  /** How long it is kept. */
  readonly retentionMs: number;
}

/** Writes one file from its start to its end; it holds one piece in memory. */
export interface FileWriter {
  readonly id: string;
  readonly bytes: number;
  /** @throws `database_unavailable` */
  write(content: Uint8Array): Promise<void>;
  /** Writes what is left. Before `complete` nobody sees the file. */
  flush(): Promise<void>;
  /** Shows the file, as part of a transaction; `flush` first. What is known by then counts in place of what was known before. */
  complete(
    transaction: Transaction,
    known?: { readonly name: string; readonly retentionMs: number },
  ): Promise<StoredFile>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** Files of the tenants, stored in sealed pieces. All methods throw `database_unavailable`. */
export interface FileStore {
  create(file: NewFile): Promise<FileWriter>;
  find(principal: GatewayPrincipal, id: string): Promise<StoredFile | undefined>;
  list(
    principal: GatewayPrincipal,
    filter: PageRequest & { readonly purpose: FilePurpose | undefined },
  ): Promise<Page<StoredFile>>;
  /** @returns whether there was one */
  remove(principal: GatewayPrincipal, id: string): Promise<boolean>;
  /** The client has the content of what was made for it: where nothing of its tenant is kept, that is removed. */
  delivered(principal: GatewayPrincipal, id: string): Promise<void>;
  /** The content, a piece at a time. Throws where the file is removed meanwhile. */
  read(
    file: Pick<StoredFile, 'id' | 'tenant' | 'user' | 'bytes'>,
  ): AsyncGenerator<Uint8Array, void, undefined>;
}

/** What is written and read at once. */
const pieceBytes = 512 * 1024;

const place = (id: string, number: number): string => `${id}:${number}`;

const fileOf = (box: SealingBox, row: typeof files.$inferSelect): StoredFile => ({
  id: row.id,
  tenant: row.tenant,
  user: row.user,
  purpose: row.purpose as FilePurpose,
  name: Buffer.from(box.open(row.name, `${row.id}:name`)).toString('utf8'),
  bytes: row.bytes,
  createdAt: row.createdAt.getTime(),
  expiresAt: row.expiresAt.getTime(),
});

export function createFileStore(dependencies: JobDependencies): FileStore {
  const { database, sealing, clock, nextId } = dependencies;

  return {
    async create({ principal, purpose, name, retentionMs }) {
      const { tenant, user_id: user } = principal;
      const box = await sealing.forUser(tenant, user);
      const id = newId(nextId, 'file-');
      const now = clock.now();
      await onConnection(database, (connection) =>
        connection.insert(files).values({
          id,
          tenant,
          keyId: principal.key_id,
          user,
          purpose,
          name: box.seal(Buffer.from(name, 'utf8'), `${id}:name`),
          createdAt: new Date(now),
          expiresAt: keptUntil('files', tenant, new Date(now), retentionMs),
        }),
      );
      return createFileWriter(dependencies, box, id, (row) => fileOf(box, row));
    },

    async find(principal, id) {
      if (!isId(id)) return undefined;
      const [row] = await onConnection(database, (connection) =>
        connection
          .select()
          .from(files)
          .where(and(visibleTo(principal, files), eq(files.id, id), isNotNull(files.completedAt))),
      );
      return row === undefined ? undefined : fileOf(await sealing.forUser(row.tenant, row.user), row);
    },

    async list(principal, { purpose, limit, after }) {
      const rows = await onConnection(database, (connection) =>
        connection
          .select()
          .from(files)
          .where(
            and(
              visibleTo(principal, files),
              isNotNull(files.completedAt),
              purpose === undefined ? undefined : eq(files.purpose, purpose),
              after === undefined ? undefined : lt(files.id, after),
            ),
          )
          .orderBy(desc(files.id))
          .limit(limit + 1),
      );
      const found = rows.map(async (row) => fileOf(await sealing.forUser(row.tenant, row.user), row));
      return pageOf(await Promise.all(found), limit);
    },

    async remove(principal, id) {
      if (!isId(id)) return false;
      const removed = await onConnection(database, (connection) =>
        connection
          .delete(files)
          .where(and(visibleTo(principal, files), eq(files.id, id), isNotNull(files.completedAt)))
          .returning({ id: files.id }),
      );
      return removed.length > 0;
    },

    async delivered(principal, id) {
      await onConnection(database, (connection) =>
        connection
          .delete(files)
          .where(
            and(
              visibleTo(principal, files),
              eq(files.id, id),
              eq(files.purpose, 'batch_output'),
              isZeroRetention(principal.tenant),
            ),
          ),
      );
    },

    async *read({ id, tenant, user, bytes }) {
      const box = await sealing.forUser(tenant, user);
      let left = bytes;
      for (let number = 0; left > 0;) {
        const [row] = await onConnection(database, (connection) =>
          connection
            .select({ number: filePieces.number, content: filePieces.content })
            .from(filePieces)
            .where(and(eq(filePieces.fileId, id), gt(filePieces.number, number)))
            .orderBy(asc(filePieces.number))
            .limit(1),
        );
        if (row === undefined) throw new Error('a piece of a file is missing');
        number = row.number;
        const content = box.open(row.content, place(id, number));
        left -= content.length;
        yield content;
      }
    },
  };
}

function createFileWriter(
  { database, clock }: JobDependencies,
  box: SealingBox,
  id: string,
  show: (row: typeof files.$inferSelect) => StoredFile,
): FileWriter {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let number = 0;
  let bytes = 0;

  const store = async (content: Uint8Array): Promise<void> => {
    number += 1;
    const piece = { fileId: id, number, content: box.seal(content, place(id, number)) };
    await onConnection(database, (connection) => connection.insert(filePieces).values(piece));
  };

  const flush = async (): Promise<void> => {
    if (waitingBytes === 0) return;
    const content = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    for (let start = 0; start < content.length; start += pieceBytes) {
      await store(content.subarray(start, start + pieceBytes));
    }
  };

  return {
    id,
    get bytes() {
      return bytes;
    },
    async write(content) {
      bytes += content.length;
      waiting.push(content);
      waitingBytes += content.length;
      if (waitingBytes >= pieceBytes) await flush();
    },
    flush,
    async complete(transaction, known) {
      const now = clock.now();
      const changes =
        known === undefined
          ? {}
          : {
              name: box.seal(Buffer.from(known.name, 'utf8'), `${id}:name`),
              expiresAt: keptUntil('files', sql`${files.tenant}`, new Date(now), known.retentionMs),
            };
      const [row] = await transaction
        .update(files)
        .set({ bytes, completedAt: new Date(now), ...changes })
        .where(and(eq(files.id, id), sql`${files.completedAt} is null`))
        .returning();
      if (row === undefined) throw new Error('a file is gone while it is written');
      return show(row);
    },
    async discard() {
      await inTransaction(database, (transaction) => transaction.delete(files).where(eq(files.id, id)));
    },
  };
}
