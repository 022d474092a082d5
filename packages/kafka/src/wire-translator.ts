import type { AvroSchema, Codec, SchemaName } from '@millrace/contracts';
import type { SchemaRegistry } from './schema-registry.ts';
import { readWireFormat } from './wire-format.ts';

/**
 * Makes a message in single-object encoding of a record in the Confluent wire format.
 *
 * @throws `message_corrupt` when it is not in that format, or its schema does not decode it; `schema_unknown` when the registry has no
 *   schema of its id, or none that can be read as the event; `unavailable` when the registry is away: try again
 */
export type WireTranslator = (record: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

/** @param event what the records are to be read as */
export function createWireTranslator(
  codec: Codec,
  registry: Pick<SchemaRegistry, 'schemaOf'>,
  event: SchemaName,
): WireTranslator {
  /** What throws for a schema that cannot be read as ours throws each time. */
  const translators = new Map<number, (body: Uint8Array) => Uint8Array>();

  const translatorOf = async (id: number, signal: AbortSignal): Promise<(body: Uint8Array) => Uint8Array> => {
    const known = translators.get(id);
    if (known !== undefined) return known;
    const made = translatorOrThrower(codec, event, await registry.schemaOf(id, signal));
    translators.set(id, made);
    return made;
  };
  return async (record, signal) => {
    const { schemaId, body } = readWireFormat(record);
    return (await translatorOf(schemaId, signal))(body);
  };
}

function translatorOrThrower(
  codec: Codec,
  event: SchemaName,
  schema: AvroSchema,
): (body: Uint8Array) => Uint8Array {
  try {
    return codec.translator(event, schema);
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
