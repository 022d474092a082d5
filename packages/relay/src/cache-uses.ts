import type { CacheUse } from '@millrace/contracts';

/** What clients say of the cache, in the terms of the events. */
export const cacheUses = {
  auto: 'AUTO',
  always: 'WANTED',
  never: 'NONE',
} as const satisfies Readonly<Record<string, CacheUse>>;
