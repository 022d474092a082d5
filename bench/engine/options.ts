import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly rounds: number;
  readonly threads: number;
  readonly native: boolean;
  /** Where the figures go as JSON. */
  readonly json: string | undefined;
  readonly help: boolean;
}

export const usage = `npm run bench:engine -- [--rounds N] [--threads N] [--native] [--json FILE]

  --rounds N   rounds, of whose figures the medians count, 1 to 100 (3)
  --threads N  threads of each engine, 1 to 64 (2)
  --native     llama.cpp's own tools as well; builds them once, which takes minutes and needs Python with pip, cmake and a C++ compiler
  --json FILE  writes all figures to a file

A round takes some minutes. Nothing else should run on the machine meanwhile: an engine whose threads have to wait for a processor
is slower by far more than its share.
`;

/** @throws Error in one sentence */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parse(args);
  return {
    rounds: wholeNumber('rounds', values.rounds, 100),
    threads: wholeNumber('threads', values.threads, 64),
    native: values.native,
    json: values.json,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '3' },
        threads: { type: 'string', default: '2' },
        native: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    const [sentence = ''] = String(error instanceof Error ? error.message : error).split(/\.\s|\n/u);
    throw new Error(`${sentence.replace(/\.$/u, '')}.`, { cause: error });
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/u.test(text) && value >= 1 && value <= max) return value;
  throw new Error(`--${name} is ${text}: it must be a whole number from 1 to ${max}.`);
}
