import { isUtf8 } from 'node:buffer';
import { MillraceError } from '@millrace/runtime';

/** Most bytes of a number of 64 bits. */
const longestLong = 10;

/** Reads Avro's binary encoding. Every read is checked: bytes from outside must neither crash nor hang the reader. */
export class ByteReader {
  readonly #buffer: Buffer;
  #position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = position;
  }

  get remaining(): number {
    return this.#buffer.length - this.#position;
  }

  readBoolean(): boolean {
    const byte = this.#readByte();
    if (byte > 1) throw corrupt('a boolean is neither 0 nor 1');
    return byte === 1;
  }

  /** @returns a whole number of 32 bits */
  readInt(): number {
    const value = this.readLong();
    if ((value | 0) !== value) throw corrupt('an int has more than 32 bits');
    return value;
  }

  /** @throws message_corrupt when the number is past 2^53, where a number of JavaScript would lose precision */
  readLong(): number {
    let byte = this.#readByte();
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    const start = this.#position - 1;
    let value = byte & 0x7f;
    let factor = 128;
    for (let count = 1; count < 7; count++) {
      byte = this.#readByte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      factor *= 128;
    }
    this.#position = start;
    return this.#readLongLong();
  }

  readFloat(): number {
    return this.#buffer.readFloatLE(this.#advance(4));
  }

  readDouble(): number {
    return this.#buffer.readDoubleLE(this.#advance(8));
  }

  readString(): string {
    const length = this.readLong();
    const start = this.#advance(length);
    const end = start + length;
    const text = this.#buffer.toString('utf8', start, end);
    if (text.includes('\uFFFD') && !isUtf8(this.#buffer.subarray(start, end))) {
      throw corrupt('a string is not valid UTF-8');
    }
    return text;
  }

  readBytes(): Uint8Array {
    return this.readFixed(this.readLong());
  }

  /** @returns a view, not a copy */
  readFixed(length: number): Uint8Array {
    const start = this.#advance(length);
    return new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset + start, length);
  }

  /**
   * The number of items in the next block of an array or map; 0 at its end. No type that is supported takes less than a
   * byte, so a larger count than there are bytes is refused before anything is allocated for it.
   */
  readBlockCount(): number {
    let count = this.readLong();
    if (count < 0) {
      count = -count;
      this.readLong();
    }
    if (count > this.remaining) throw corrupt('it ends too early');
    return count;
  }

  #readByte(): number {
    const byte = this.#buffer[this.#position];
    if (byte === undefined) throw corrupt('it ends too early');
    this.#position++;
    return byte;
  }

  #readLongLong(): number {
    let value = 0n;
    for (let count = 0; count < longestLong; count++) {
      const byte = this.#readByte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte >= 0x80) continue;
      const result = Number(BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n)));
      if (value < 2n ** 64n && Number.isSafeInteger(result)) return result;
      throw corrupt('a number is past 2^53');
    }
    throw corrupt('a number has more than 64 bits');
  }

  /** @returns where the next `length` bytes start */
  #advance(length: number): number {
    if (length < 0) throw corrupt('a length is negative');
    if (length > this.remaining) throw corrupt('it ends too early');
    const start = this.#position;
    this.#position += length;
    return start;
  }
}

function corrupt(what: string): MillraceError {
  return new MillraceError('message_corrupt', what);
}
