import { registrySubject, type Codec, type TopicDefinition } from '@millrace/contracts';
import { writeWireFormat, type SchemaRegistry } from '@millrace/kafka';

/**
 * Turns a message in single-object encoding into the value of a record.
 *
 * @throws `message_corrupt`, `schema_unknown`, `unavailable`
 */
export type Frame = (message: Uint8Array, topic: TopicDefinition) => Promise<Uint8Array>;

const never = new AbortController().signal;

/**
 * With a registry: the Confluent wire format, in which only the header is another one, under the schema that the message was written by.
 * Without: the message as it is, which names its schema by fingerprint.
 */
export function createFrame(codec: Codec, registry: SchemaRegistry | undefined): Frame {
  if (registry === undefined)
    return async (message) => {
      codec.writerOf(message);
      return message;
    };
  return async (message, topic) => {
    const { schema, bodyOffset } = codec.writerOf(message);
    const recordName = `${schema.namespace ?? ''}.${schema.name ?? ''}`;
    const schemaId = await registry.idOf(registrySubject(topic, recordName), schema, never);
    return writeWireFormat({ schemaId, body: message.subarray(bodyOffset) });
  };
}
