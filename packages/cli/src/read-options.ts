import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { MillraceError } from '@millrace/runtime';

/** Reads what stands behind the words of a command. @throws MillraceError `config_invalid`, in one sentence */
export function readOptions(args: readonly string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw wrong(`${(cause as Error).message.split('. ')[0]}.`, cause);
  }
}

export function wrong(message: string, cause?: unknown): MillraceError {
  return new MillraceError('config_invalid', `${message} See --help.`, { cause });
}
