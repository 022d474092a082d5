const initialBytes = 16 * 1024;
const keptBytes = 256 * 1024;
/** Below it, zigzag arithmetic in doubles is exact. */
const exactLimit = 2 ** 52;
/** Strings up to this length have a length prefix of one byte, if they are ASCII. */
const shortLength = 63;

/** Writes Avro's binary encoding into a buffer that is used again and again. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(initialBytes);
  #position = 0;

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#position);
    bytes.set(this.#buffer.subarray(0, this.#position));
    this.reset();
    return bytes;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#position = 0;
    if (this.#buffer.length > keptBytes) this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  writeByte(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#position++] = byte;
  }

  /** @param value a safe integer */
  writeLong(value: number): void {
    this.#reserve(10);
    if (value >= -(2 ** 30) && value < 2 ** 30) {
      let rest = (value << 1) ^ (value >> 31);
      while (rest > 0x7f) {
        this.#buffer[this.#position++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      }
      this.#buffer[this.#position++] = rest;
    } else if (value > -exactLimit && value < exactLimit) {
      let rest = value < 0 ? -value * 2 - 1 : value * 2;
      while (rest > 0x7f) {
        this.#buffer[this.#position++] = (rest & 0x7f) | 0x80;
        rest = Math.floor(rest / 128);
      }
      this.#buffer[this.#position++] = rest;
    } else {
      let rest = value < 0 ? -BigInt(value) * 2n - 1n : BigInt(value) * 2n;
      while (rest > 0x7fn) {
        this.#buffer[this.#position++] = Number(rest & 0x7fn) | 0x80;
        rest >>= 7n;
      }
      this.#buffer[this.#position++] = Number(rest);
    }
  }

  writeFloat(value: number): void {
    this.#reserve(4);
    this.#position = this.#buffer.writeFloatLE(value, this.#position);
  }

  writeDouble(value: number): void {
    this.#reserve(8);
    this.#position = this.#buffer.writeDoubleLE(value, this.#position);
  }

  /** @param text well-formed Unicode */
  writeString(text: string): void {
    if (text.length <= shortLength && this.#writeShortAscii(text)) return;
    const length = Buffer.byteLength(text);
    this.writeLong(length);
    this.#reserve(length);
    this.#position += this.#buffer.write(text, this.#position);
  }

  writeBytes(bytes: Uint8Array): void {
    this.writeLong(bytes.length);
    this.writeFixed(bytes);
  }

  writeFixed(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#position);
    this.#position += bytes.length;
  }

  #writeShortAscii(text: string): boolean {
    const { length } = text;
    this.#reserve(length + 1);
    const buffer = this.#buffer;
    const start = this.#position + 1;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      buffer[start + index] = unit;
    }
    buffer[start - 1] = length << 1;
    this.#position = start + length;
    return true;
  }

  #reserve(count: number): void {
    const needed = this.#position + count;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#position));
    this.#buffer = larger;
  }
}
