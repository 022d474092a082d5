import type * as Drizzle from 'drizzle-orm';
import { load } from './load.ts';

/** What statements are made of. */
export const {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  getTableName,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  min,
  ne,
  notInArray,
  or,
  sql,
} = load('drizzle-orm') as typeof Drizzle;

export type { Column, SQL } from 'drizzle-orm';
export type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
