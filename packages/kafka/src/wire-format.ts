import { MillraceError } from '@millrace/runtime';

/** The Confluent wire format: a zero byte, the id of the schema in the registry (32 bits, big endian), the body. */
export interface WireMessage {
  readonly schemaId: number;
  readonly body: Uint8Array;
}

const headerBytes = 5;

/** @throws `message_corrupt` when the bytes are not in the wire format */
export function readWireFormat(bytes: Uint8Array): WireMessage {
  if (bytes.length < headerBytes || bytes[0] !== 0)
    throw new MillraceError(
      'message_corrupt',
      `The record is not Avro in the Confluent wire format: it must begin with a zero byte and the id of a schema, and ${
        bytes.length < headerBytes ? `has ${bytes.length} bytes` : `begins with ${bytes[0]}`
      }.`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { schemaId: view.getUint32(1), body: bytes.subarray(headerBytes) };
}

export function writeWireFormat({ schemaId, body }: WireMessage): Buffer {
  const message = Buffer.allocUnsafe(headerBytes + body.length);
  message[0] = 0;
  message.writeUInt32BE(schemaId, 1);
  message.set(body, headerBytes);
  return message;
}

/** Of a message in single-object encoding (C3 01, fingerprint of eight bytes): what lies behind its header. */
export function bodyOfSingleObject(message: Uint8Array): Uint8Array {
  return message.subarray(10);
}
