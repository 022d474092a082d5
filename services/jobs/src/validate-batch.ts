import { createHash } from 'node:crypto';
import type { Batch, BatchError, BatchLine, BatchQueue, FileStore } from '@millrace/jobs';
import { readBatchLine } from './read-batch-line.ts';
import { readLines } from './read-lines.ts';

export interface ValidateDependencies {
  readonly queue: Pick<BatchQueue, 'clearLines' | 'addLines'>;
  readonly files: Pick<FileStore, 'find' | 'read'>;
  readonly maxLines: number;
  readonly maxLineBytes: number;
}

/** The input: how many requests it has, or what is wrong with it. */
export type Validated = { readonly total: number } | { readonly errors: readonly BatchError[] };

/** Lines that are written at once. */
const portionLines = 100;
const portionBytes = 4 * 1024 * 1024;
/** More errors than that help nobody. */
const maxErrors = 1_000;

const whole = (code: string, message: string): Validated => ({
  errors: [{ code, message, param: 'input_file_id', line: null }],
});

/** Reads the whole input and stores its lines, in bounded memory. @throws the signal's reason */
export async function validateBatch(
  { queue, files, maxLines, maxLineBytes }: ValidateDependencies,
  batch: Batch,
  signal: AbortSignal,
): Promise<Validated> {
  const file = await files.find(batch.principal, batch.inputFileId);
  if (file === undefined) return whole('invalid_input_file', 'The input file is gone.');
  await queue.clearLines(batch);
  const errors: BatchError[] = [];
  const known = new Map<string, number>();
  let portion: Omit<BatchLine, 'attempt'>[] = [];
  let bytes = 0;
  let total = 0;
  for await (const line of readLines(files.read(file), maxLineBytes)) {
    signal.throwIfAborted();
    const isBlank = line.text?.trim() === '';
    if (!isBlank) total += 1;
    // Blank lines cost time as well, and hundreds of millions of them fit into a file.
    if (total > maxLines || line.number > 2 * maxLines)
      return whole('too_many_requests', `The input has more than ${maxLines} requests.`);
    if (isBlank) continue;
    const read = readBatchLine(line, batch.endpoint, maxLineBytes);
    const error = 'error' in read ? read.error : repeated(known, read.request.customId, line.number);
    if (error !== undefined) errors.push(error);
    if (errors.length === maxErrors) break;
    if (errors.length > 0 || 'error' in read) continue;
    portion.push({ number: line.number, request: read.request });
    bytes += line.text?.length ?? 0;
    if (portion.length < portionLines && bytes < portionBytes) continue;
    await queue.addLines(batch, portion);
    portion = [];
    bytes = 0;
  }
  if (errors.length > 0) return { errors };
  if (total === 0) return whole('empty_file', 'The input has no requests.');
  await queue.addLines(batch, portion);
  return { total };
}

/** What is wrong where an id has been before. Kept are digests alone. */
function repeated(known: Map<string, number>, customId: string, number: number): BatchError | undefined {
  const digest = createHash('sha256').update(customId).digest('base64');
  const first = known.get(digest);
  if (first === undefined) {
    known.set(digest, number);
    return undefined;
  }
  return {
    code: 'duplicate_custom_id',
    message: `custom_id is that of line ${first}: each must be its own.`,
    param: 'custom_id',
    line: number,
  };
}
