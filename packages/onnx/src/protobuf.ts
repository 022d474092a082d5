/** Encoder for the few protobuf wire types that an ONNX model needs. https://protobuf.dev/programming-guides/encoding */
const wireVarint = 0;
const wireBytes = 2;
const wireFixed32 = 5;

const utf8 = new TextEncoder();

/** Integers up to 2^53, and negative ones as the ten bytes of their two's complement. */
export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

/** The tag and length that come before `byteLength` bytes of a field. */
export function encodeFieldHead(field: number, byteLength: number): Uint8Array {
  return concatenate([encodeVarint((field << 3) | wireBytes), encodeVarint(byteLength)]);
}

export function encodeInteger(field: number, value: number): Uint8Array {
  return concatenate([encodeVarint((field << 3) | wireVarint), encodeVarint(value)]);
}

export function encodeFloat(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concatenate([encodeVarint((field << 3) | wireFixed32), bytes]);
}

export function encodeBytes(field: number, bytes: Uint8Array): Uint8Array {
  return concatenate([encodeFieldHead(field, bytes.byteLength), bytes]);
}

export function encodeString(field: number, text: string): Uint8Array {
  return encodeBytes(field, utf8.encode(text));
}

/** A nested message: its fields, already encoded. */
export function encodeMessage(field: number, fields: readonly Uint8Array[]): Uint8Array {
  return encodeBytes(field, concatenate(fields));
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const total = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    total.set(part, offset);
    offset += part.byteLength;
  }
  return total;
}
