import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue, kafkaTopic } from './catalogue.ts';
import { createCodec } from './codec.ts';
import type { EventTypes, SchemaName } from './generated/events.ts';
import { sampleValue } from './sample-value.ts';
import { readSchemaFiles, schemaFolder, type AvroSchema } from './schema-files.ts';
import { bucketDefinitions, streamDefinitions } from './streams.ts';

interface Fixture {
  readonly fingerprint: string;
  readonly bytes: string;
  readonly value: unknown;
}

const codec = createCodec();
const files = readSchemaFiles();
const latest = new Map(files.map(({ name, version }) => [name, version]));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(files.map((file) => ({ ...file, title: `${file.name} v${file.version}` })))(
  '$title',
  ({ name, version, schema }) => {
    const fixture = JSON.parse(
      readFileSync(join(schemaFolder, 'fixtures', `${name}.v${version}.json`), 'utf8'),
    ) as Fixture;
    const bytes = Buffer.from(fixture.bytes, 'base64');

    it('has the fingerprint that it was published with', () => {
      expect(bytes.subarray(2, 10).toString('hex')).toBe(fixture.fingerprint);
      expect(codec.decodeAny(bytes)).toMatchObject({ name, version });
    });

    it('decodes from its golden bytes to the golden value', () => {
      expect(plain(codec.decodeAny(bytes).value)).toEqual(fixture.value);
    });

    it('is read as the latest version', () => {
      expect(codec.decode(name as SchemaName, bytes)).toBeTypeOf('object');
    });

    it.runIf(latest.get(name) === version)('encodes to its golden bytes', () => {
      const value = sampleValue(schema) as EventTypes[SchemaName];
      expect(Buffer.from(codec.encode(name as SchemaName, value)).toString('base64')).toBe(fixture.bytes);
    });

    it('documents every field', () => {
      expect(undocumented(schema, '')).toEqual([]);
    });
  },
);

describe('catalogue', () => {
  it('has every schema, each in a stream or bucket that there is', () => {
    expect(Object.keys(catalogue).toSorted()).toEqual([...latest.keys()]);
    const places = new Set([...streamDefinitions(), ...bucketDefinitions].map(({ name }) => name));
    const stored = Object.values(catalogue).flatMap(({ storedIn }) =>
      storedIn === undefined ? [] : [storedIn],
    );
    expect(stored.filter((place) => place !== kafkaTopic && !places.has(place))).toEqual([]);
  });
});

function undocumented(schema: AvroSchema, path: string): readonly string[] {
  if (typeof schema === 'string') return [];
  if (!('type' in schema)) return schema.flatMap((branch) => undocumented(branch, path));
  const { fields = [], doc, name, items, values, type } = schema;
  const own = type === 'record' && doc === undefined ? [`${path}:${name}`] : [];
  const inner = [items, values].flatMap((part) => (part === undefined ? [] : undocumented(part, path)));
  return [
    ...own,
    ...inner,
    ...fields.flatMap((field) => [
      ...(field.doc === undefined ? [`${path}/${field.name}`] : []),
      ...undocumented(field.type, `${path}/${field.name}`),
    ]),
  ];
}
