import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Stoppable } from '@millrace/runtime';
import { migrate, openDatabase, startEmbeddedPostgres, type Database } from '@millrace/store';

/** A PostgreSQL of a test's own, with Millrace's tables, on a temporary folder. */
export interface TestDatabase extends Stoppable {
  readonly url: string;
  readonly database: Database;
}

/** @throws MillraceError part_missing when there is no PostgreSQL for this platform, and as `openDatabase` */
export async function startTestDatabase(): Promise<TestDatabase> {
  const logger = createLogger({ service: 'postgres', level: 'silent' });
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
  // As root, PostgreSQL runs as another user, who has to get there.
  await chmod(dataDir, 0o711);
  const server = await startEmbeddedPostgres({ dataDir, logger });
  try {
    const database = await openDatabase({ url: server.url, logger, poolSize: 16 });
    await migrate(database);
    return {
      url: server.url,
      database,
      async stop() {
        await database.stop();
        await server.stop();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
