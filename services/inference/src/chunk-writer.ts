import { sealContent, type RequestEvent, type ResultLog } from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';
import type { Clock } from '@millrace/runtime';
import { attemptMarker } from './attempt-marker.ts';

export interface ChunkWriterOptions {
  readonly log: ResultLog;
  readonly box: SealingBox;
  readonly clock: Clock;
  readonly request: RequestEvent;
  readonly attempt: number;
  /** Position of the first token that this attempt publishes: the number of those published before. */
  readonly firstPosition: number;
  /** Called once, with the first error: the log is no longer ours, or the broker is gone for good. */
  readonly onFailure: (error: unknown) => void;
}

/** Publishes what is generated. What a writer has published counts as generated, and nothing else does. */
export interface ChunkWriter {
  /** Takes tokens and the text that they let through; resolves when there is room for more. Never throws: see `onFailure`. */
  push(tokens: ArrayLike<number>, text: string): Promise<void>;
  /** Resolves when all is stored. @throws the error that `onFailure` was called with */
  flush(): Promise<void>;
  /** Tokens stored so far, earlier attempts included. */
  readonly position: number;
  /** When the first chunk of this attempt was stored, in milliseconds since the epoch. */
  readonly firstStoredAt: number | undefined;
}

/** Tokens that may wait while one record is on its way: beyond that the engine's reader waits. */
const maxPendingTokens = 256;

/**
 * One record at a time is on its way, since each is accepted only behind the one before; what is generated meanwhile goes
 * into the next.
 */
export function createChunkWriter(options: ChunkWriterOptions): ChunkWriter {
  const { log, box, clock, request, attempt } = options;
  let tokens: number[] = [];
  let text = '';
  let position = options.firstPosition;
  let firstStoredAt: number | undefined;
  let failure: { readonly error: unknown } | undefined;

  const publishPending = async (): Promise<void> => {
    while (tokens.length > 0 || text !== '') {
      const chunk = { text, tokens };
      tokens = [];
      text = '';
      await log.append({
        ...attemptMarker(request, { attempt, firstPosition: position, at: clock.now() }),
        kind: 'CHUNK',
        token_count: chunk.tokens.length,
        content: sealContent(box, request.request_id, 'chunk', chunk),
      });
      firstStoredAt ??= clock.now();
      position += chunk.tokens.length;
    }
  };

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    if (failure !== undefined) return;
    try {
      await work();
    } catch (error) {
      failure = { error };
      options.onFailure(error);
    }
  };

  let running = false;
  const run = async (work: () => Promise<void>): Promise<void> => {
    running = true;
    await guarded(work);
    running = false;
    // What came since the work looked for more.
    if (failure === undefined && (tokens.length > 0 || text !== '')) start();
  };
  let pump = Promise.resolve();
  const start = (): void => {
    if (!running) pump = run(publishPending);
  };

  return {
    async push(newTokens, newText) {
      for (let index = 0; index < newTokens.length; index += 1) tokens.push(newTokens[index] as number);
      text += newText;
      start();
      if (tokens.length >= maxPendingTokens) await pump;
    },
    async flush() {
      await pump;
      start();
      await pump;
      if (failure !== undefined) throw failure.error;
    },
    get position() {
      return position;
    },
    get firstStoredAt() {
      return firstStoredAt;
    },
  };
}
