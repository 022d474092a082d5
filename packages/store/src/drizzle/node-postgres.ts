import type * as NodePostgres from 'drizzle-orm/node-postgres';
import type * as Migrator from 'drizzle-orm/node-postgres/migrator';
import { load } from './load.ts';

export const { drizzle } = load('drizzle-orm/node-postgres') as typeof NodePostgres;
export const { migrate } = load('drizzle-orm/node-postgres/migrator') as typeof Migrator;

export type { NodePgDatabase } from 'drizzle-orm/node-postgres';
