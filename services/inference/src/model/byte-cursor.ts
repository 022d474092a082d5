import { MillraceError } from '@millrace/runtime';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Thrown by a cursor that needs bytes which have not been read from the file yet. */
export class MoreBytesNeeded extends Error {
  override readonly name = 'MoreBytesNeeded';
  readonly byteLength: number;

  /** @param byteLength how many bytes the cursor needs from the start of the file */
  constructor(byteLength: number) {
    super(`${byteLength} bytes are needed`);
    this.byteLength = byteLength;
  }
}

/** Reads little-endian values from the start of a file. */
export class ByteCursor {
  offset = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  float32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** @throws MillraceError `model_invalid` past 2^53: no count, offset or setting of a model is that large */
  uint64(): number {
    return safeInteger(this.#view.getBigUint64(this.#take(8), true));
  }

  int64(): number {
    return safeInteger(this.#view.getBigInt64(this.#take(8), true));
  }

  /** A length (64 bits) and that many bytes of UTF-8. */
  string(): string {
    const byteLength = this.uint64();
    const start = this.#take(byteLength);
    try {
      return utf8.decode(this.#bytes.subarray(start, start + byteLength));
    } catch (error) {
      throw new MillraceError('model_invalid', 'The GGUF file is corrupt: a string is not UTF-8.', {
        cause: error,
      });
    }
  }

  #take(byteLength: number): number {
    const start = this.offset;
    if (start + byteLength > this.#bytes.byteLength) throw new MoreBytesNeeded(start + byteLength);
    this.offset += byteLength;
    return start;
  }
}

function safeInteger(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
    throw new MillraceError(
      'model_invalid',
      `The GGUF file is corrupt: the number ${value} is out of range.`,
    );
  }
  return Number(value);
}
