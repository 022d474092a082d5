import type { Detect, Masker } from './masker.ts';
import { createOutputScanner } from './output-scanner.ts';
import { createRestorer } from './restorer.ts';
import { sparePlaceholders } from './spare-placeholders.ts';

/** The way of a generated text to its reader: looked through, then restored. */
export interface OutputGuard {
  /** @throws `ContentBlocked` */
  push(text: string): string;
  /** @throws `ContentBlocked` */
  flush(): string;
  /** How much of the text is settled, in UTF-16 code units of what came in. */
  readonly settled: number;
  /** Whether something between two places of what came in was replaced. */
  isChanged(from: number, to: number): boolean;
}

export interface OutputGuardOptions {
  readonly masker: Masker;
  readonly detect: Detect;
  readonly bySentence?: boolean;
  readonly mayHold?: (text: string) => boolean;
  /** Name of a placeholder to what the reader sees in its place. */
  readonly originals: ReadonlyMap<string, string>;
  /** Whether the whole text is JSON. */
  readonly isJson?: boolean;
}

export function createOutputGuard({
  originals,
  isJson = false,
  ...options
}: OutputGuardOptions): OutputGuard {
  const { masker, detect } = options;
  const scanner = createOutputScanner({
    ...options,
    detect: sparePlaceholders(detect, (name) => masker.mapping.has(name)),
  });
  const restorer = createRestorer(originals, { isJson });
  return {
    push: (text) => restorer.push(scanner.push(text)),
    flush: () => restorer.push(scanner.flush()) + restorer.flush(),
    get settled() {
      return scanner.settled;
    },
    isChanged: (from, to) => scanner.isChanged(from, to),
  };
}
