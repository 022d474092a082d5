import { serializeError } from './serialize-error.ts';

/** Names of fields whose value never reaches a log, compared without case, `_` and `-`. */
const withheldNames = new Set([
  'apikey',
  'authorization',
  'ciphertext',
  'content',
  'cookie',
  'credential',
  'credentials',
  'delta',
  'key',
  'masterkey',
  'messages',
  'original',
  'password',
  'payload',
  'plaintext',
  'prompt',
  'secret',
  'secwebsocketprotocol',
  'setcookie',
  'stop',
  'text',
  'token',
  'tokenids',
  'tokens',
]);

const maxDepth = 8;

/** A copy for the log: fields with content or secrets are withheld at any depth, errors are reduced, bytes are only counted. */
export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, 0);
}

function redactObject(fields: object, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const withheld = withheldNames.has(name.replaceAll(/[_-]/g, '').toLowerCase());
    result[name] = withheld && value !== undefined ? '[withheld]' : redactValue(value, depth + 1);
  }
  return result;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return serializeError(value);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= maxDepth) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if ('toJSON' in value && typeof value.toJSON === 'function') return redactValue(value.toJSON(), depth + 1);
  return redactObject(value, depth);
}
