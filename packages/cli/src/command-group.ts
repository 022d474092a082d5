import type { CatalogueEntry } from '@millrace/inference';
import type { CliSettings } from './config.ts';
import type { GroupName } from './group-names.ts';
import type { LiveOutput } from './live-output.ts';
import type { Outcome } from './outcome.ts';
import type { StartProgress } from './progress.ts';

/** What a command is handed when it runs. */
export interface CommandContext {
  readonly settings: CliSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By default that of this repository. */
  readonly catalogue: readonly CatalogueEntry[] | undefined;
  readonly startProgress: StartProgress;
  /** For a command that writes as it goes; it then returns `isWritten`. */
  readonly openOutput: () => LiveOutput;
  readonly isJson: boolean;
  /** What is read as standard input. */
  readonly input: AsyncIterable<Buffer | string>;
  /** For what is written while a command runs, rather than at its end. */
  readonly output: NodeJS.WritableStream;
  readonly writeError: (text: string) => void;
}

/** Commands that share their first word. */
export interface CommandGroup {
  readonly name: GroupName;
  /** What `millrace NAME --help` says. */
  readonly help: string;
  /** The second words, and the options of each, for the completion of shells. */
  readonly verbs: Readonly<Record<string, readonly string[]>>;
  /** Reads what stands behind the first word. @throws `config_invalid`, in one sentence */
  read(args: readonly string[]): (context: CommandContext) => Promise<Outcome>;
}
