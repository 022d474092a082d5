import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCodec } from './codec.ts';
import type { EventTypes, SchemaName } from './generated/events.ts';
import { sampleValue } from './sample-value.ts';
import { readSchemaFiles, schemaFolder } from './schema-files.ts';

/** Adds golden bytes for versions that have none. What is there is never written again. */
const codec = createCodec();
for (const { name, version, schema } of readSchemaFiles()) {
  const file = join(schemaFolder, 'fixtures', `${name}.v${version}.json`);
  if (existsSync(file)) continue;
  const value = sampleValue(schema);
  const bytes = Buffer.from(codec.encode(name as SchemaName, value as EventTypes[SchemaName]));
  const fixture = {
    fingerprint: bytes.subarray(2, 10).toString('hex'),
    bytes: bytes.toString('base64'),
    value,
  };
  writeFileSync(file, `${JSON.stringify(fixture, null, 2)}\n`);
  process.stdout.write(`${file}\n`);
}
