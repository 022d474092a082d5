import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { MillraceError } from '@millrace/runtime';
import {
  encodeGraphStart,
  encodeInitializerStart,
  encodeModelStart,
  initializerBytes,
} from './encode-graph.ts';
import type { Initializer, ModelGraph } from './model-graph.ts';
import { encodeFieldHead } from './protobuf.ts';

/** A protobuf message cannot be larger; ONNX Runtime refuses such a file. */
const maxModelBytes = 2 ** 31 - 1;

export interface WriteModelOptions {
  /** Called as the constants are written, with the share that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Writes an ONNX model, one constant in memory at a time. The file appears under its name when it is whole;
 * an error leaves nothing behind.
 *
 * @throws MillraceError `model_invalid` if the model would be larger than 2 GiB
 */
export async function writeModel(
  modelPath: string,
  graph: ModelGraph,
  options: WriteModelOptions = {},
): Promise<void> {
  const temporaryPath = `${modelPath}.${process.pid}.part`;
  try {
    const file = await open(temporaryPath, 'w');
    try {
      await writeParts(file, graph, options.onProgress ?? (() => undefined));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporaryPath, modelPath);
  } catch (error) {
    await rm(temporaryPath, { force: true });
    throw error;
  }
}

async function writeParts(
  file: FileHandle,
  graph: ModelGraph,
  onProgress: (share: number) => void,
): Promise<void> {
  const domains = [...new Set(graph.nodes.map((node) => node.domain))].filter(
    (domain) => domain !== undefined,
  );
  const graphStart = encodeGraphStart(graph);
  const constants = graph.initializers.map((initializer) => ({
    initializer,
    start: encodeInitializerStart(initializer),
    byteLength: initializerBytes(initializer),
  }));
  const graphBytes = constants.reduce(
    (sum, { start, byteLength }) => sum + start.byteLength + byteLength,
    graphStart.byteLength,
  );
  if (graphBytes > maxModelBytes) {
    throw new MillraceError(
      'model_invalid',
      `The converted model would take ${graphBytes} bytes, more than the ${maxModelBytes} of one ONNX file.`,
    );
  }
  await writeAll(file, encodeModelStart(graph, domains));
  await writeAll(file, encodeFieldHead(7, graphBytes));
  await writeAll(file, graphStart);
  let written = graphStart.byteLength;
  for (const { initializer, start, byteLength } of constants) {
    await writeAll(file, start);
    await writeAll(file, await loadBytes(initializer, byteLength));
    written += start.byteLength + byteLength;
    onProgress(written / graphBytes);
  }
}

async function loadBytes(initializer: Initializer, byteLength: number): Promise<Uint8Array> {
  const view = await initializer.load();
  if (view.byteLength !== byteLength) {
    throw new MillraceError(
      'internal_error',
      `The constant ${initializer.name} has ${view.byteLength} bytes instead of ${byteLength}.`,
    );
  }
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, offset);
    offset += bytesWritten;
  }
}
