import { MillraceError } from '@millrace/runtime';

export const encodings = ['auto', 'raw', 'base64', 'hex', 'framed'] as const;
export type Encoding = (typeof encodings)[number];

/**
 * The messages of a file. `raw`: the file is one. `base64`, `hex`: one a line. `framed`: each behind its length, 32 bits big endian (what
 * `kcat -f %R%s` writes). `auto`: raw where it begins like Avro, else text, each line for itself.
 *
 * @throws MillraceError `message_corrupt` naming the line or the byte
 */
export function splitMessages(bytes: Uint8Array, encoding: Encoding): readonly Uint8Array[] {
  switch (encoding) {
    case 'raw':
      return [bytes];
    case 'framed':
      return unframed(bytes);
    case 'auto':
      return startsLikeAvro(bytes) ? [bytes] : lines(bytes, 'auto');
    case 'base64':
    case 'hex':
      return lines(bytes, encoding);
  }
}

const startsLikeAvro = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xc3 && bytes[1] === 0x01) || (bytes[0] === 0 && bytes.length >= 5);

function lines(bytes: Uint8Array, encoding: 'auto' | 'base64' | 'hex'): readonly Uint8Array[] {
  return Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .flatMap((line, index) => {
      const text = line.trim();
      return text === '' ? [] : [fromText(text, encoding, index + 1)];
    });
}

const hexadecimal = /^(?:[\da-f]{2})+$/iu;
const base64 = /^[\w+/-]+={0,2}$/u;

function fromText(text: string, encoding: 'auto' | 'base64' | 'hex', line: number): Uint8Array {
  const isHex = encoding === 'hex' || (encoding === 'auto' && hexadecimal.test(text));
  if (isHex && hexadecimal.test(text)) return Buffer.from(text, 'hex');
  if (!isHex && base64.test(text)) return Buffer.from(text, 'base64');
  // A message in JSON, as it is.
  if (encoding === 'auto' && text.startsWith('{')) return Buffer.from(text);
  const allowed = encoding === 'auto' ? 'base64, hexadecimal or JSON' : encoding;
  throw new MillraceError('message_corrupt', `Line ${line} is not ${allowed}.`);
}

function unframed(bytes: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = at + 4 <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > bytes.length)
      throw new MillraceError(
        'message_corrupt',
        `The message at byte ${at} goes beyond the end of the input.`,
      );
    messages.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return messages;
}
