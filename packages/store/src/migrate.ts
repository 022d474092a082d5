import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import type { Database } from './database.ts';

const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url));

/** Any number, the same in all processes: who has this lock migrates. */
const migrationLock = 7_246_000;

/** Brings the tables up to date. Processes that start at once take turns. */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.execute(sql`select pg_advisory_xact_lock(${migrationLock})`);
    // In a connection of its own, while this one holds the lock.
    await applyMigrations(database, { migrationsFolder });
  });
}
