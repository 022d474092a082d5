import type { Msg } from 'nats';
import type { Clock, Logger, Stoppable, Timer } from '@millrace/runtime';
import type { Connection, Subscription } from './connection.ts';
import { header } from './headers.ts';
import { toNanoseconds } from './nanoseconds.ts';
import { pauseBeforeRetry } from './pause.ts';

export interface PullLoopOptions {
  readonly connection: Connection;
  readonly stream: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Creates or updates the consumer and says its name. Called at the start, after each reconnection and when it is gone. */
  readonly prepareConsumer: (signal: AbortSignal) => Promise<string>;
  /** How many messages more can be taken now, those that are on their way included. */
  readonly capacity: () => number;
  readonly onMessage: (message: Msg) => void;
}

export interface PullLoop extends Stoppable {
  /** Looks at the capacity again, soon. */
  pump(): void;
  /** Starts anew with the consumer as it then is. */
  restart(): void;
}

interface Pull {
  readonly batch: number;
  readonly endsAtMs: number;
}

/** One subscription's worth of pulls; whatever happens to the consumer or the connection ends it. */
interface Epoch {
  readonly subscription: Subscription;
  readonly prefix: string;
  readonly consumer: string;
  readonly pulls: Map<string, Pull>;
  /** Messages asked for and not yet here. */
  outstanding: number;
  heardAtMs: number;
}

const expiresMs = 30_000;
const heartbeatMs = 5_000;
const silenceMs = 2.5 * heartbeatMs;
const lateMs = 5_000;
const encoder = new TextEncoder();

/**
 * Pulls from a consumer with long polls that overlap, never for more than there is room. A delivered message does not tell which
 * pull it answers, so the open messages are counted in total; the statuses that end a pull say how much of it was left.
 */
export async function startPullLoop(options: PullLoopOptions): Promise<PullLoop> {
  const { connection, stream, logger, clock, capacity, onMessage } = options;
  const stopping = new AbortController();
  let epoch: Epoch | undefined;
  let counter = 0;
  let isPumpDue = false;
  let restarting: Promise<void> | undefined;
  let monitor: Timer | undefined;

  const pump = (): void => {
    if (isPumpDue) return;
    isPumpDue = true;
    // What becomes free in one go is asked for with one pull.
    queueMicrotask(() => {
      isPumpDue = false;
      pull();
    });
  };

  const pull = (): void => {
    if (epoch === undefined || stopping.signal.aborted || !connection.connected) return;
    const free = capacity() - epoch.outstanding;
    if (free <= 0 || free < epoch.outstanding) return;
    const id = (counter++).toString(36);
    epoch.pulls.set(id, { batch: free, endsAtMs: clock.monotonicMs() + expiresMs + lateMs });
    if (epoch.outstanding === 0) epoch.heardAtMs = clock.monotonicMs();
    epoch.outstanding += free;
    const request = {
      batch: free,
      expires: toNanoseconds(expiresMs),
      idle_heartbeat: toNanoseconds(heartbeatMs),
    };
    connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${epoch.consumer}`,
      encoder.encode(JSON.stringify(request)),
      {
        reply: epoch.prefix + id,
      },
    );
  };

  const onReply = (current: Epoch, message: Msg): void => {
    current.heardAtMs = clock.monotonicMs();
    if (message.subject.startsWith(current.prefix)) {
      if (current === epoch) onStatus(current, message);
      return;
    }
    current.outstanding = Math.max(0, current.outstanding - 1);
    if (current.outstanding === 0) current.pulls.clear();
    onMessage(message);
  };

  const onStatus = (current: Epoch, message: Msg): void => {
    const code = message.headers?.code ?? 0;
    if (code === 100) return;
    const id = message.subject.slice(current.prefix.length);
    const left = message.headers?.get(header.pendingMessages) ?? '';
    const ended = current.pulls.get(id);
    current.pulls.delete(id);
    current.outstanding -= left === '' ? (ended?.batch ?? 0) : Number(left);
    boundOutstanding(current);
    const description = message.headers?.description ?? '';
    if (code === 404 || code === 408 || /batch completed/i.test(description)) pump();
    else if (code === 503 || /consumer (deleted|is push|not found)/i.test(description)) restart();
    else {
      logger.debug({ stream, code, description }, 'pull ended early');
      clock.setTimer(100, pump);
    }
  };

  const restart = (): void => {
    epoch?.subscription.unsubscribe();
    epoch = undefined;
    if (restarting !== undefined || stopping.signal.aborted) return;
    restarting = begin()
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) logger.error({ error, stream }, 'consumption cannot go on');
      })
      .finally(() => {
        restarting = undefined;
      });
  };

  /** Tries until it stands, or the loop stops. */
  const begin = async (): Promise<void> => {
    for (let attempt = 0; !stopping.signal.aborted; attempt++) {
      try {
        await open();
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ error, stream }, 'consumer is not ready; trying again');
        await pauseBeforeRetry(attempt, clock, stopping.signal);
      }
    }
  };

  const open = async (): Promise<void> => {
    const consumer = await options.prepareConsumer(stopping.signal);
    stopping.signal.throwIfAborted();
    const prefix = `${connection.newInbox()}.`;
    const current: Epoch = {
      subscription: connection.subscribe(`${prefix}*`, (message) => onReply(current, message)),
      prefix,
      consumer,
      pulls: new Map(),
      outstanding: 0,
      heardAtMs: clock.monotonicMs(),
    };
    epoch = current;
    pull();
  };

  const watchOver = (): void => {
    if (stopping.signal.aborted) return;
    const nowMs = clock.monotonicMs();
    if (epoch !== undefined) {
      for (const [id, entry] of epoch.pulls) if (entry.endsAtMs < nowMs) epoch.pulls.delete(id);
      boundOutstanding(epoch);
      if (epoch.outstanding > 0 && nowMs - epoch.heardAtMs > silenceMs && connection.connected) {
        logger.warn({ stream, consumer: epoch.consumer }, 'nats-server is silent; pulling anew');
        restart();
      } else {
        pump();
      }
    } else if (restarting === undefined && connection.connected) {
      restart();
    }
    monitor = clock.setTimer(heartbeatMs, watchOver);
  };

  await open();
  monitor = clock.setTimer(heartbeatMs, watchOver);
  const connectionListener = connection.onChange((connected) => {
    if (connected) restart();
    else if (epoch !== undefined) {
      epoch.subscription.unsubscribe();
      epoch = undefined;
    }
  });

  return {
    pump,
    restart,
    async stop() {
      stopping.abort();
      monitor?.cancel();
      await connectionListener.stop();
      await restarting;
      const last = epoch;
      epoch = undefined;
      if (last !== undefined && connection.connected) await last.subscription.drain();
    },
  };
}

/** However the counting went, no more can be on its way than open pulls have asked for. */
function boundOutstanding(epoch: Epoch): void {
  let asked = 0;
  for (const { batch } of epoch.pulls.values()) asked += batch;
  epoch.outstanding = Math.max(0, Math.min(epoch.outstanding, asked));
}
