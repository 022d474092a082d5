import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Where a value was found, and in which form. */
export interface FoundValue {
  readonly value: string;
  readonly form: string;
  readonly file: string;
}

interface Needle {
  readonly value: string;
  readonly form: string;
  readonly bytes: Buffer;
}

/** The first bytes by which the search picks its candidates. */
const prefixLength = 4;

/**
 * Looks for values in every file of a folder, at any depth, in the forms in which software writes text down: UTF-8, UTF-16, JSON,
 * URL, hexadecimal, and base64 at each of its three alignments.
 *
 * @param values of eight characters or more
 */
export async function findValues(folder: string, values: readonly string[]): Promise<readonly FoundValue[]> {
  const needles = Map.groupBy(values.flatMap(formsOf), ({ bytes }) => bytes.readUInt32LE(0));
  const found: FoundValue[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const file = relative(folder, path);
    for (const { value, form } of findNeedles(await readFile(path), needles))
      found.push({ value, form, file });
  }
  return found;
}

function formsOf(value: string): readonly Needle[] {
  const utf8 = Buffer.from(value, 'utf8');
  const forms: Readonly<Record<string, Buffer>> = {
    'UTF-8': utf8,
    'UTF-16': Buffer.from(value, 'utf16le'),
    JSON: Buffer.from(JSON.stringify(value).slice(1, -1)),
    URL: Buffer.from(encodeURIComponent(value)),
    hexadecimal: Buffer.from(utf8.toString('hex')),
    ...Object.fromEntries([0, 1, 2].map((shift) => [`base64 at ${shift}`, base64At(utf8, shift)])),
  };
  return Object.entries(forms).map(([form, bytes]) => ({ value, form, bytes }));
}

/** The characters that stand for these bytes alone when `shift` others come before them. */
function base64At(bytes: Buffer, shift: number): Buffer {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor(((shift + bytes.length) * 8) / 6);
  return Buffer.from(text.slice(first, last));
}

function* findNeedles(
  content: Buffer,
  needles: ReadonlyMap<number, readonly Needle[]>,
): Generator<Needle, void, undefined> {
  const isFirstPair = new Uint8Array(2 ** 16);
  for (const prefix of needles.keys()) isFirstPair[prefix & 0xff_ff] = 1;
  for (let at = 0; at + prefixLength <= content.length; at += 1) {
    if (isFirstPair[(content[at] ?? 0) | ((content[at + 1] ?? 0) << 8)] === 0) continue;
    for (const needle of needles.get(content.readUInt32LE(at)) ?? []) {
      if (content.subarray(at, at + needle.bytes.length).equals(needle.bytes)) yield needle;
    }
  }
}
