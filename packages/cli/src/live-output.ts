import { once } from 'node:events';

/** Where a command writes that goes on until it is interrupted, or whoever reads has read enough. */
export interface LiveOutput {
  /** Aborted by Ctrl-C, SIGTERM, or when the reader of the output is gone (`| head`). */
  readonly signal: AbortSignal;
  /** Resolves when more may be written. What is written after the reader has gone is dropped. */
  write(text: string): Promise<void>;
  /** Takes the listeners away. @throws what the output failed with, but that its reader is gone */
  close(): void;
}

const endings = ['SIGINT', 'SIGTERM'] as const;

/** Writes to the standard output. */
export function openStandardOutput(stream: NodeJS.WriteStream = process.stdout): LiveOutput {
  const ending = new AbortController();
  let failure: Error | undefined;
  const end = (): void => ending.abort();
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') failure ??= error;
    end();
  };
  for (const name of endings) process.on(name, end);
  stream.on('error', onError);
  return {
    signal: ending.signal,
    async write(text) {
      if (ending.signal.aborted || stream.write(text)) return;
      try {
        await once(stream, 'drain', { signal: ending.signal });
      } catch (error) {
        if (!ending.signal.aborted) throw error;
      }
    },
    close() {
      for (const name of endings) process.removeListener(name, end);
      // A broken pipe may be told of later: the stream keeps the listener that expects it.
      if (failure !== undefined) throw failure;
    },
  };
}

/** For commands whose output is taken by a function: never interrupted. */
export function outputTo(write: (text: string) => void): LiveOutput {
  return {
    signal: new AbortController().signal,
    async write(text) {
      write(text);
    },
    close() {},
  };
}
