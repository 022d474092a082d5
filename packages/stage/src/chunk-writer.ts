import type { SealingBox } from '@millrace/sealing';
import type { Clock } from '@millrace/runtime';
import { sealContent, type ChunkContent } from './content.ts';
import { PendingChunk, type Piece } from './pending-chunk.ts';
import type { RequestEvent } from './request-event.ts';
import type { ResultLog } from './result-log.ts';
import { resultRecord } from './result-record.ts';

export interface ChunkWriterOptions {
  readonly log: ResultLog;
  readonly box: SealingBox;
  readonly clock: Clock;
  readonly request: RequestEvent;
  readonly attempt: number;
  /** The model, where it is not the one that the request names. */
  readonly servedBy: string | null;
  /** Position of the first token that this attempt publishes, by choice: the number of those published before. */
  readonly firstPositions: readonly number[];
  /** Called with each chunk once it is stored. */
  readonly onStored?: ((choice: number, content: ChunkContent) => void) | undefined;
  /** Called once, with the first error: the log is no longer ours, or the broker is gone for good. */
  readonly onFailure: (error: unknown) => void;
  /** From one record of a choice to the next. What is generated faster comes in larger pieces, which cost less. Default 5. */
  readonly intervalMs?: number;
}

/** Publishes what is generated. What a writer has published counts as generated, and nothing else does. */
export interface ChunkWriter {
  /** Takes a piece of a choice; resolves when there is room for more. Never throws: see `onFailure`. */
  push(choice: number, piece: Piece): Promise<void>;
  /** Resolves when all is stored. @throws the error that `onFailure` was called with */
  flush(): Promise<void>;
  /** Tokens stored so far of all choices, earlier attempts included. */
  readonly position: number;
  /** When the first chunk of this attempt was stored, in milliseconds since the epoch. */
  readonly firstStoredAt: number | undefined;
}

/** Tokens that may wait while one record is on its way: beyond that the engine's readers wait. */
const maxPendingTokens = 256;

/** 200 pieces in a second: nobody reads faster. */
const defaultIntervalMs = 5;

/**
 * One record at a time is on its way, since each is accepted only behind the one before; what is generated meanwhile goes
 * into the next of its choice. The choices take turns. The first piece never waits.
 */
export function createChunkWriter(options: ChunkWriterOptions): ChunkWriter {
  const { log, box, clock, request, attempt, firstPositions, intervalMs = defaultIntervalMs } = options;
  const pending = firstPositions.map(() => new PendingChunk());
  const positions = [...firstPositions];
  let firstStoredAt: number | undefined;
  let failure: { readonly error: unknown } | undefined;

  const isWaiting = (): boolean => pending.some((chunk) => !chunk.isEmpty);
  const waitingTokens = (): number => pending.reduce((sum, { tokenCount }) => sum + tokenCount, 0);

  const publish = async (choice: number, chunk: PendingChunk): Promise<void> => {
    const content = chunk.take();
    const firstPosition = positions[choice] ?? 0;
    await log.append(
      resultRecord(request, {
        kind: 'CHUNK',
        at: clock.now(),
        attempt,
        served_by: options.servedBy,
        choice,
        first_position: firstPosition,
        token_count: content.tokens.length,
        content: sealContent(box, request.request_id, 'chunk', content),
      }),
    );
    firstStoredAt ??= clock.now();
    positions[choice] = firstPosition + content.tokens.length;
    options.onStored?.(choice, content);
  };

  let nextRoundMs = -Infinity;
  let endPause: (() => void) | undefined;
  let isFlushing = false;
  const mustWait = (): boolean => !isFlushing && waitingTokens() < maxPendingTokens;
  const pause = async (): Promise<void> => {
    const restMs = nextRoundMs - clock.monotonicMs();
    if (restMs <= 0 || !mustWait()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.setTimer(restMs, resolve);
    endPause = resolve;
    await promise;
    timer.cancel();
  };

  const publishPending = async (): Promise<void> => {
    while (isWaiting()) {
      await pause();
      nextRoundMs = clock.monotonicMs() + intervalMs;
      for (const [choice, chunk] of pending.entries()) if (!chunk.isEmpty) await publish(choice, chunk);
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
    if (failure === undefined && isWaiting()) start();
  };
  let pump = Promise.resolve();
  const start = (): void => {
    if (!running) pump = run(publishPending);
  };

  return {
    async push(choice, piece) {
      pending[choice]?.add(piece);
      start();
      if (waitingTokens() < maxPendingTokens) return;
      endPause?.();
      await pump;
    },
    async flush() {
      isFlushing = true;
      endPause?.();
      await pump;
      start();
      await pump;
      if (failure !== undefined) throw failure.error;
    },
    get position() {
      return positions.reduce((sum, position) => sum + position, 0);
    },
    get firstStoredAt() {
      return firstStoredAt;
    },
  };
}
