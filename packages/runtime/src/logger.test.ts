import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { MillraceError } from './millrace-error.ts';

function capture(): { readonly lines: Record<string, unknown>[]; write(line: string): void } {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
}

test('prompt text and credentials are withheld at any depth, in bindings too', () => {
  const destination = capture();
  const logger = createLogger({ service: 'edge', level: 'info', destination });
  logger.child({ api_key: 'mr-canary' }).info(
    {
      request: { headers: { Authorization: 'canary' }, messages: [{ content: 'canary' }] },
      deep: [{ text: 'canary' }],
    },
    'x',
  );
  expect(JSON.stringify(destination.lines)).not.toContain('canary');
  expect(destination.lines[0]).toMatchObject({
    level: 'info',
    service: 'edge',
    message: 'x',
    api_key: '[withheld]',
  });
});

test('usage counts and ids stay readable', () => {
  const destination = capture();
  createLogger({ service: 'billing', level: 'info', destination }).info({
    input_tokens: 12,
    keyId: 'k1',
    tenant: 't',
  });
  expect(destination.lines[0]).toMatchObject({ input_tokens: 12, keyId: 'k1', tenant: 't' });
});

test('an error keeps code, message, stack and cause, but nothing that hangs on it', () => {
  const destination = capture();
  const logger = createLogger({ service: 'edge', level: 'info', destination });
  const cause = Object.assign(new Error('lower'), { detail: 'canary', code: '23505' });
  logger.error({ error: new MillraceError('unavailable', 'no broker', { cause }) }, 'failed');
  logger.error(new MillraceError('unavailable', 'no broker'));
  expect(destination.lines[0]).toMatchObject({
    message: 'failed',
    error: {
      code: 'unavailable',
      message: 'no broker',
      retryable: true,
      cause: { code: '23505', message: 'lower' },
    },
  });
  expect(destination.lines[1]).toMatchObject({ message: 'no broker', error: { code: 'unavailable' } });
  expect(JSON.stringify(destination.lines)).not.toContain('canary');
});

test('the input that a parse error quotes is withheld', () => {
  const destination = capture();
  const logger = createLogger({ service: 'edge', level: 'info', destination });
  try {
    JSON.parse('canary');
  } catch (error) {
    logger.error(error);
    logger.warn({ error });
    logger.warn({ nested: { reason: new Error('wrapped', { cause: error }) } }, 'y');
  }
  expect(destination.lines).toHaveLength(3);
  expect(JSON.stringify(destination.lines)).not.toContain('canary');
});
