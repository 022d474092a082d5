import type * as PgCore from 'drizzle-orm/pg-core';
import { load } from './load.ts';

/** What tables are made of. */
export const {
  bigint,
  boolean,
  customType,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} = load('drizzle-orm/pg-core') as typeof PgCore;
