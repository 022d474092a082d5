import { MillraceError } from '@millrace/runtime';
import { avroType } from './avro-types.ts';
import type { AvroSchema } from './schema-files.ts';

/**
 * Makes a reader of bodies by any schema, in the shape of that schema.
 *
 * @throws `schema_unknown` where it is no schema; the function it returns: `message_corrupt`
 */
export function bodyReader(schema: AvroSchema): (body: Uint8Array) => unknown {
  let type: ReturnType<typeof avroType>;
  try {
    type = avroType(schema);
  } catch (cause) {
    throw new MillraceError('schema_unknown', 'The registry has something that is no Avro schema.', {
      cause,
    });
  }
  return (body) => {
    try {
      return type.fromBuffer(Buffer.from(body.buffer, body.byteOffset, body.length));
    } catch (cause) {
      throw new MillraceError('message_corrupt', 'The body cannot be decoded by its schema.', { cause });
    }
  };
}
