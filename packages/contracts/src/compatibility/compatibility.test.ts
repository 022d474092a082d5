import { describe, expect, it } from 'vitest';
import { readSchemaFiles } from '../schema-files.ts';
import { breachesOf } from './breaches.ts';
import { schemaChanges } from './changes.fixture.ts';
import { compatibilityExceptions } from './exceptions.ts';
import { checkCompatibility } from './transitive.ts';

const shown = ({ path, rule }: { readonly path: string; readonly rule: string }): string => `${path} ${rule}`;

describe('a change of a schema', () => {
  it.each(schemaChanges)(
    '$title: $backward backward, $forward forward',
    ({ older, newer, backward, forward }) => {
      expect(breachesOf(newer, older).map(shown)).toEqual(backward);
      expect(breachesOf(older, newer).map(shown)).toEqual(forward);
    },
  );

  it('is said with the types that do not fit', () => {
    const [change] = schemaChanges.filter(({ title }) => title === 'int to string');
    expect(breachesOf(change?.newer ?? 'null', change?.older ?? 'null')).toEqual([
      { path: 'field', rule: 'type', detail: 'int is written, string read.' },
    ]);
  });
});

const file = (version: number, type: string) => ({
  name: 'event',
  version,
  schema: { type: 'record', name: 'Event', fields: [{ name: 'field', type }] },
});

describe('versions of a schema', () => {
  it('are compared with all earlier ones, not with the last alone', () => {
    const { pairs, breaches } = checkCompatibility([file(1, 'int'), file(2, 'long'), file(3, 'double')]);
    expect(pairs).toBe(3);
    expect(breaches).toMatchObject([
      { reader: 1, writer: 2 },
      { reader: 1, writer: 3 },
      { reader: 2, writer: 3 },
    ]);
  });

  it('may break where an exception says why, and an exception that nothing needs is told', () => {
    const exception = {
      schema: 'event',
      readers: [1],
      path: 'field',
      rule: 'type',
      reason: 'Nobody reads it.',
    };
    const files = [file(1, 'int'), file(2, 'long')];
    expect(checkCompatibility(files, [{ ...exception, writers: [2] }])).toMatchObject({
      breaches: [],
      excepted: [{ reader: 1, writer: 2, reason: 'Nobody reads it.' }],
      needless: [],
    });
    const other = { ...exception, writers: [3] };
    expect(checkCompatibility(files, [other])).toMatchObject({ breaches: [{}], needless: [other] });
  });

  it('that are no Avro schema are told', () => {
    expect(checkCompatibility([file(1, 'number')])).toMatchObject({
      invalid: [{ schema: 'event', version: 1, detail: expect.stringContaining('number') }],
    });
  });

  it('of Millrace are compatible with each other, but for the exceptions', () => {
    const report = checkCompatibility(readSchemaFiles(), compatibilityExceptions());
    expect(report).toMatchObject({ breaches: [], needless: [], invalid: [] });
  });
});
