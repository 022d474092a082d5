import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { dequantize, openGguf } from '@millrace/inference';
import { benchFolder, makeWhole } from './bench-folder.ts';
import { metadataBytes, tensorEntry } from './gguf-header-copy.ts';
import { quantiseBlocks, type QuantisedType } from './quantise-blocks.ts';

const alignment = 32;
/** `llama_ftype` of llama.h: LLAMA_FTYPE_MOSTLY_Q4_0 and LLAMA_FTYPE_MOSTLY_Q8_0. */
const fileTypes: Readonly<Record<QuantisedType, number>> = { Q4_0: 2, Q8_0: 7 };

/**
 * A GGUF file's weights in another format, as `llama-quantize --allow-requantize` would write them, kept in the cache: every matrix
 * is re-quantised; vectors (norms) stay float32. A matrix that is Q8_0 already stays as it is, in a Q4_0 file too: that is the
 * embedding table with the head, for which llama-quantize would take Q6_K.
 *
 * @returns the path of the file
 */
export async function requantise(source: string, type: QuantisedType): Promise<string> {
  const { size, mtimeMs } = await stat(source);
  const name = `${path.basename(source, '.gguf')}-${size}-${Math.round(mtimeMs)}.${type}.gguf`;
  const target = path.join(benchFolder(), 'weights', name);
  if (existsSync(target)) return target;
  process.stderr.write(`re-quantising ${path.basename(source)} to ${type} …\n`);
  await makeWhole(target, async (temporary) => {
    const made = path.join(temporary, name);
    await writeRequantised(source, made, type);
    return made;
  });
  return target;
}

async function writeRequantised(source: string, target: string, type: QuantisedType): Promise<void> {
  const file = await openGguf(source);
  const output = await open(target, 'wx');
  try {
    const tensors = [...file.tensors.values()];
    const parts: Buffer[] = [metadataBytes(await readHeader(source, tensors), tensors, fileTypes[type])];
    const data: Uint8Array[] = [];
    let dataBytes = 0;
    for (const tensor of tensors) {
      const keeps = tensor.dimensions.length === 1 || tensor.type === 'Q8_0';
      const bytes = await file.readTensor(tensor.name);
      const elements = tensor.dimensions.reduce((product, dimension) => product * dimension, 1);
      const written = keeps ? bytes : quantiseBlocks(type, dequantize(tensor.type, bytes, elements));
      parts.push(tensorEntry(tensor, keeps ? tensor.type : type, dataBytes));
      data.push(padded(written));
      dataBytes += data.at(-1)?.byteLength ?? 0;
    }
    await output.writeFile(padded(Buffer.concat(parts)));
    for (const bytes of data) await output.writeFile(bytes);
  } finally {
    await output.close();
    await file.close();
  }
}

async function readHeader(
  source: string,
  tensors: readonly { readonly byteOffset: number }[],
): Promise<Buffer> {
  const file = await open(source);
  try {
    const header = Buffer.alloc(Math.min(...tensors.map(({ byteOffset }) => byteOffset)));
    await file.read(header, 0, header.length, 0);
    return header;
  } finally {
    await file.close();
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.byteLength / alignment) * alignment);
  result.set(bytes);
  return result;
}
