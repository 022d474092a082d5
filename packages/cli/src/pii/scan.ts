import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Entity } from '@millrace/pii-detectors/entities';
import { MillraceError } from '@millrace/runtime';
import type { Outcome } from '../outcome.ts';
import type { StartProgress } from '../progress.ts';
import { linesOf, type Line } from './lines.ts';
import { readText, type Text } from './read-text.ts';
import { openTextScanner, type TextScanner } from './text-scanner.ts';

export interface ScanRequest {
  /** Undefined: the standard input. */
  readonly file: string | undefined;
  readonly types: readonly string[] | undefined;
  readonly minScore: number | undefined;
  /** Folder of a model of names; undefined: rules find them. */
  readonly model: string | undefined;
}

export interface ScanIo {
  readonly input: AsyncIterable<Buffer | string>;
  readonly output: NodeJS.WritableStream;
  readonly writeError: (text: string) => void;
  readonly startProgress: StartProgress;
}

/**
 * Writes what is found in each line of the input as a line of the output, as soon as it is found. What is no line of the form is named
 * with its number, and the rest is read nevertheless.
 *
 * @throws `config_invalid` where the file cannot be read; `part_missing`, `model_invalid` where the model cannot be loaded
 */
export async function scan(request: ScanRequest, io: ScanIo): Promise<Outcome> {
  const scanner = await openTextScanner(request);
  try {
    return await scanWith(scanner, request.file, io);
  } finally {
    await scanner.stop();
  }
}

async function scanWith(scanner: TextScanner, file: string | undefined, io: ScanIo): Promise<Outcome> {
  const { input, advance } = await open(file, io);
  const counts = { texts: 0, findings: 0, badLines: 0 };
  let broken: NodeJS.ErrnoException | undefined;
  io.output.on('error', (error: NodeJS.ErrnoException) => (broken ??= error));
  for await (const line of linesOf(input)) {
    // Whoever reads may have enough, such as `head`.
    if (broken !== undefined) break;
    advance(line.bytes);
    if (line.text?.trim() === '') continue;
    const outcome = await scanLine(line, scanner);
    if (typeof outcome === 'string') {
      counts.badLines += 1;
      io.writeError(`line ${line.number}: ${outcome}\n`);
      continue;
    }
    counts.texts += 1;
    counts.findings += outcome.spans.length;
    if (!io.output.write(`${JSON.stringify(outcome)}\n`)) await drained(io.output);
  }
  if (broken !== undefined && broken.code !== 'EPIPE') throw broken;
  io.writeError(
    `${counts.texts} texts, ${counts.findings} findings, ${counts.badLines} lines that could not be read\n`,
  );
  return { text: '', json: counts, isGood: counts.badLines === 0 };
}

/** Resolves when the output takes more, or takes nothing any longer. */
const drained = (output: NodeJS.WritableStream): Promise<unknown> =>
  Promise.race([once(output, 'drain'), once(output, 'close')]).catch(() => undefined);

/** @returns what is wrong with the line, without its content, or the answer to it */
async function scanLine(
  { text: line }: Line,
  scanner: TextScanner,
): Promise<string | { id: Text['id']; spans: readonly object[] }> {
  if (line === undefined) return 'longer than 16 MiB';
  const value = readText(line);
  if (typeof value === 'string') return value;
  const found = await scanner.find(value.text);
  return { id: value.id, spans: found.map(spanOf) };
}

function spanOf({ start, end, type, score }: Entity): object {
  return { start, end, type, score: Math.round(score * 100) / 100 };
}

interface Opened {
  readonly input: AsyncIterable<Buffer | string>;
  readonly advance: (bytes: number) => void;
}

async function open(file: string | undefined, { input, startProgress }: ScanIo): Promise<Opened> {
  if (file === undefined) return { input, advance: () => undefined };
  try {
    const facts = await stat(file);
    if (facts.isDirectory()) throw new Error('it is a folder');
    const { size } = facts;
    const report = startProgress('scanned');
    let done = 0;
    return {
      input: createReadStream(file),
      advance(bytes) {
        done += bytes;
        report(size === 0 ? 1 : Math.min(1, done / size));
      },
    };
  } catch (cause) {
    throw new MillraceError('config_invalid', `${file} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
