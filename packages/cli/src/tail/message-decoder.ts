import type { Codec } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { ShownMessage, ValueView } from './shown-value.ts';

/** Reads any message: Avro in single-object encoding or in the wire format of a registry, or JSON. */
export interface MessageDecoder {
  /** @throws `message_corrupt`, `schema_unknown`, `unavailable` where the registry does not answer */
  decode(bytes: Uint8Array): Promise<ShownMessage>;
}

/** Knows the schemas that a registry has by their ids. */
export interface WireSchemas {
  /** @throws `schema_unknown`, `unavailable` */
  decodeBody(schemaId: number, body: Uint8Array): Promise<ShownMessage>;
}

/** @param wire undefined where no registry is known */
export function createMessageDecoder(codec: Codec, view: ValueView, wire?: WireSchemas): MessageDecoder {
  return {
    async decode(bytes) {
      if (bytes[0] === 0xc3 && bytes[1] === 0x01) return view.ofMessage(codec.decodeAny(bytes));
      if (bytes[0] === 0 && bytes.length >= 5) {
        if (wire === undefined)
          throw new MillraceError(
            'schema_unknown',
            'The message is in the wire format of a schema registry: name it with --registry or MILLRACE_SCHEMA_REGISTRY_URL.',
          );
        const id = Buffer.from(bytes.buffer, bytes.byteOffset, 5).readUInt32BE(1);
        return wire.decodeBody(id, bytes.subarray(5));
      }
      return jsonOf(bytes);
    },
  };
}

function jsonOf(bytes: Uint8Array): ShownMessage {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return { schema: 'json', version: undefined, value };
  } catch (cause) {
    const begins = Buffer.from(bytes.subarray(0, 2)).toString('hex') || 'nothing';
    throw new MillraceError(
      'message_corrupt',
      `The message is neither Avro nor JSON: it begins with ${begins}; a single object begins with c301, one of a registry with 00.`,
      { cause },
    );
  }
}
