import { appendFile, open, readFile } from 'node:fs/promises';
import { MillraceError } from '@millrace/runtime';
import type { RerunHead, RerunResult } from './rerun-result.ts';

/** The file of a rerun: a line for what it is, then one for each example that is done. Only its owner can read it. */
export interface ResultFile {
  readonly head: RerunHead;
  /** By the id of the request. */
  readonly results: ReadonlyMap<string, RerunResult>;
  add(result: RerunResult): Promise<void>;
}

/** What a rerun has to have in common with the one that it goes on with. */
const same = ['tenant', 'model', 'against', 'max_tokens'] as const;

/**
 * Begins a file, or goes on with it. A last line that was cut off is not counted: its example is run again.
 *
 * @throws `config_invalid` where it is of another rerun, or is none
 */
export async function openResultFile(file: string, head: RerunHead): Promise<ResultFile> {
  const present = await readResultFile(file);
  if (present === undefined) {
    const made = await open(file, 'wx', 0o600);
    await made.write(`${JSON.stringify(head)}\n`);
    await made.close();
  } else {
    const other = same.find((name) => present.head[name] !== head[name]);
    if (other !== undefined)
      throw wrongFile(file, `is of a rerun with ${other} ${present.head[other]}, not ${head[other]}`);
    if (!present.isWhole) await appendFile(file, '\n');
  }
  const results = new Map(present?.results);
  return {
    head: present?.head ?? head,
    results,
    async add(result) {
      await appendFile(file, `${JSON.stringify(result)}\n`);
      results.set(result.request_id, result);
    },
  };
}

/** @returns undefined where there is no file @throws `config_invalid` where it is none of a rerun */
export async function readResultFile(file: string): Promise<
  | {
      readonly head: RerunHead;
      readonly results: ReadonlyMap<string, RerunResult>;
      readonly isWhole: boolean;
    }
  | undefined
> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw wrongFile(file, `cannot be read: ${(error as Error).message}`);
  }
  const lines = content.split('\n').flatMap((line) => parseLine(line) ?? []);
  const [head, ...rest] = lines;
  if (head?.type !== 'rerun' || head.version !== 1) throw wrongFile(file, 'is not the file of a rerun');
  const results = rest.flatMap((line) => (line.type === 'result' ? [[line.request_id, line] as const] : []));
  return { head, results: new Map(results), isWhole: content.endsWith('\n') };
}

function parseLine(line: string): RerunHead | RerunResult | undefined {
  try {
    return JSON.parse(line) as RerunHead | RerunResult;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function wrongFile(file: string, why: string): MillraceError {
  return new MillraceError('config_invalid', `${file} ${why}. Name another one with --out.`, {
    param: 'out',
  });
}
