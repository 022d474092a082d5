import { expect, test } from 'vitest';
import { helpText } from './command-line.ts';

test('the help lists the settings of the parts, of the engine, of the limits and of the set-up, one a line', () => {
  for (const variable of [
    'MILLRACE_PORT',
    'NATS_SERVER',
    'DATABASE_URL',
    'MILLRACE_SLOTS',
    'MILLRACE_CONTEXT_LENGTH',
    'MILLRACE_THREADS',
    'MILLRACE_KV_MEMORY',
    'MILLRACE_PREFIX_CACHE',
    'MILLRACE_MAX_TOKENS',
    'MILLRACE_MAX_QUEUE',
    'MILLRACE_WAITING_ROOM',
    'MILLRACE_TENANT_WEIGHTS',
    'MILLRACE_PROVIDERS',
    'MILLRACE_ROUTES',
    'MILLRACE_CORS_ORIGINS',
    'MILLRACE_WEBHOOK_PRIVATE',
    'MILLRACE_MODEL',
    'MILLRACE_CACHE_DIR',
  ])
    expect(helpText()).toMatch(new RegExp(`^  ${variable} +\\S.*\\.$`, 'm'));
});
