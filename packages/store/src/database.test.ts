import { expect, test } from 'vitest';
import { createLogger } from '@millrace/runtime';
import { openDatabase } from './database.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

test.each([
  'hunter2',
  'localhost:5432/hunter2',
  'mysql://u:hunter2@h/d',
  'postgres://u:hunter2#x@h/d',
  'postgres:hunter2',
])('%s is refused at once as no URL of PostgreSQL, without being quoted', async (url) => {
  await expect(openDatabase({ url, logger })).rejects.toMatchObject({
    code: 'config_invalid',
    message: 'DATABASE_URL is not a URL such as postgres://user@host:5432/name.',
  });
});

test.each(['postgres://u:p@127.0.0.1:1/d', 'postgresql://u:p@/d?host=/no/such/folder'])(
  '%s is tried',
  async (url) => {
    await expect(openDatabase({ url, logger, waitMs: 1 })).rejects.toMatchObject({
      code: 'database_unavailable',
    });
  },
);
