import type { CatalogueEntry } from '@millrace/inference';
import { MillraceError, readSettings } from '@millrace/runtime';
import type { AuditCommand } from './audit/parse-audit.ts';
import { runAudit } from './audit/run-audit.ts';
import { helpText, parseCommandLine, type Command } from './command-line.ts';
import { cliSettings } from './config.ts';
import { createModelStore, type ModelStore } from './models/model-store.ts';
import { convert } from './models/convert.ts';
import { inspect } from './models/inspect.ts';
import { list } from './models/list.ts';
import { verify } from './models/verify.ts';
import type { Outcome } from './outcome.ts';
import { createProgress, type StartProgress } from './progress.ts';
import { rebuild } from './quota/rebuild.ts';

export interface CliOptions {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly catalogue: readonly CatalogueEntry[];
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether what is written as errors is read on a terminal: progress then rewrites its line. */
  readonly isTerminal: boolean;
}

const exitCodes = { done: 0, failed: 1, wrongCommandLine: 2 };

/** Runs one command. @returns the exit code */
export async function runCli(options: CliOptions): Promise<number> {
  const { args, environment, catalogue, writeOut, writeError, isTerminal } = options;
  const isJson = args.includes('--json');
  const fail = (error: unknown, exitCode: number): number => {
    const { code } = MillraceError.from(error);
    const message = error instanceof Error ? error.message : String(error);
    writeError(isJson ? `${JSON.stringify({ error: { code, message } })}\n` : `${message}\n`);
    if (error instanceof Error && environment['MILLRACE_DEBUG']) writeError(`${error.stack}\n`);
    return exitCode;
  };
  let command: Command;
  try {
    command = parseCommandLine(args);
  } catch (error) {
    return fail(error, exitCodes.wrongCommandLine);
  }
  if (command.kind === 'help') {
    writeOut(helpText);
    return exitCodes.done;
  }
  try {
    const startProgress = createProgress(isJson ? undefined : writeError, isTerminal);
    const carryOut = (): Promise<Outcome> => {
      if (command.kind === 'quota-rebuild') return rebuild(environment, command);
      if (!isOfModels(command)) return runAudit(command, environment);
      const store = createModelStore(readSettings(cliSettings, environment), catalogue);
      return run(command, store, startProgress);
    };
    const { text, json, isGood } = await carryOut();
    writeOut(isJson ? `${JSON.stringify(json)}\n` : text);
    return isGood ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    return fail(error, exitCodes.failed);
  }
}

type ModelCommand = Exclude<Command, AuditCommand | { kind: 'help' | 'quota-rebuild' }>;

function isOfModels(command: ModelCommand | AuditCommand): command is ModelCommand {
  return !command.kind.startsWith('audit-') && command.kind !== 'explain';
}

async function run(command: ModelCommand, store: ModelStore, startProgress: StartProgress): Promise<Outcome> {
  switch (command.kind) {
    case 'list':
      return await list(store);
    case 'inspect':
      return await inspect(store, command);
    case 'convert':
      return await convert(store, command, startProgress);
    case 'verify':
      return await verify(store, command, startProgress);
  }
}
