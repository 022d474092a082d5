import { catalogue } from './catalogue.ts';
import type { SchemaName } from './generated/events.ts';

const entries = Object.entries(catalogue) as [SchemaName, (typeof catalogue)[SchemaName]][];
const buckets: ReadonlySet<string> = new Set(['CONTROL', 'KEYS', 'IDEMPOTENCY']);
const keysOfUsers = '$KV.KEYS.<tenant>.<user>';
const lane = 'mr.intake.<tenant>.<queue>.<lane>';
const relayed = 'mr.relay.<gateway>.<request>';

const patterns = [
  ...entries.map(([name, { subject, storedIn }]) => {
    const isKey = storedIn !== undefined && buckets.has(storedIn);
    return [name, isKey ? `$KV.${storedIn}.${subject}` : subject] as const;
  }),
  ['result.chunk', relayed] as const,
  ['intake.requested', lane] as const,
  ['key.wrapped', keysOfUsers] as const,
].map(([name, subject]) => ({ name, tokens: subject.split('.') }));

/**
 * The schema of the messages on a subject, by the catalogue; values of buckets lie on `$KV.<bucket>.<key>`.
 * Undefined where the platform publishes nothing.
 */
export function schemaOfSubject(subject: string): SchemaName | undefined {
  const tokens = subject.split('.');
  const found = patterns.find(
    (pattern) =>
      pattern.tokens.length === tokens.length &&
      pattern.tokens.every((token, index) => token.startsWith('<') || token === tokens[index]),
  );
  return found?.name;
}
