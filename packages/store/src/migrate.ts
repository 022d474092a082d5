import { fileURLToPath } from 'node:url';
import { sql } from './drizzle/sql.ts';
import { drizzle, migrate as applyMigrations } from './drizzle/node-postgres.ts';
import type { Database } from './database.ts';
import { inTransaction } from './in-transaction.ts';

const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url));

/** Any number, the same in all processes: who has this lock migrates. */
const migrationLock = 7_246_000;

/** Brings the tables up to date. Processes that start at once take turns. */
export async function migrate(database: Database): Promise<void> {
  await inTransaction(database, async (transaction) => {
    await transaction.execute(sql`set local lock_timeout = 0`);
    await transaction.execute(sql`set local idle_in_transaction_session_timeout = 0`);
    await transaction.execute(sql`select pg_advisory_xact_lock(${migrationLock})`);
    // In a connection of its own, while this one holds the lock.
    await applyMigrations(drizzle(database.$client), { migrationsFolder });
  });
}
