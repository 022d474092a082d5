import type { CatalogueEntry } from '@millrace/inference';
import { MillraceError, readSettings } from '@millrace/runtime';
import { parseCommandLine, type Command } from './command-line.ts';
import { cliSettings } from './config.ts';
import { outputTo, type LiveOutput } from './live-output.ts';
import { createProgress } from './progress.ts';

export interface CliOptions {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By default that of this repository. */
  readonly catalogue?: readonly CatalogueEntry[];
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether what is written as errors is read on a terminal: progress then rewrites its line. */
  readonly isTerminal: boolean;
  /** By default what `writeOut` takes, never interrupted. */
  readonly openOutput?: () => LiveOutput;
  /** By default those of the process. */
  readonly input?: AsyncIterable<Buffer | string>;
  readonly output?: NodeJS.WritableStream;
}

const exitCodes = { done: 0, failed: 1, wrongCommandLine: 2 };

/** Runs one command. @returns the exit code */
export async function runCli(options: CliOptions): Promise<number> {
  const { args, environment, catalogue, writeOut, writeError, isTerminal } = options;
  const openOutput = options.openOutput ?? (() => outputTo(writeOut));
  const { input = process.stdin, output = process.stdout } = options;
  const isJson = args.includes('--json');
  const fail = (error: unknown, exitCode: number): number => {
    const { code, param } = MillraceError.from(error);
    const message = error instanceof Error ? error.message : String(error);
    writeError(isJson ? `${JSON.stringify({ error: { code, message, param } })}\n` : `${message}\n`);
    if (error instanceof Error && environment['MILLRACE_DEBUG']) writeError(`${error.stack}\n`);
    return exitCode;
  };
  let command: Command;
  try {
    command = await parseCommandLine(args);
  } catch (error) {
    return fail(error, exitCodes.wrongCommandLine);
  }
  if (command.kind === 'help') {
    writeOut(command.text);
    return exitCodes.done;
  }
  try {
    const settings = readSettings(cliSettings, environment);
    const startProgress = createProgress(isJson ? undefined : writeError, isTerminal);
    const {
      text,
      json,
      isGood,
      isWritten = false,
    } = await command.run({
      settings,
      environment,
      catalogue,
      startProgress,
      openOutput,
      isJson,
      input,
      output,
      writeError,
    });
    if (!isWritten) writeOut(isJson ? `${JSON.stringify(json)}\n` : text);
    return isGood ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    return fail(error, exitCodes.failed);
  }
}
