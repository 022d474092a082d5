import type { Bus, OutgoingMessage } from './port.ts';

export interface PublishWindow {
  /**
   * Publishes and comes back as soon as there is room for the next message, which is before the ack.
   * @throws the first error of an earlier message: nothing is published after it
   */
  publish(message: OutgoingMessage): Promise<void>;
  /** Comes back once everything is acked. @throws the first error */
  flush(): Promise<void>;
}

/** Publishes with at most `maxUnacked` messages on their way. */
export function createPublishWindow(
  bus: Pick<Bus, 'publish'>,
  options: { readonly maxUnacked: number; readonly signal?: AbortSignal },
): PublishWindow {
  const { maxUnacked, signal } = options;
  const open = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  const send = async (message: OutgoingMessage): Promise<void> => {
    try {
      await bus.publish(message, signal === undefined ? {} : { signal });
    } catch (error) {
      failure ??= { error };
    }
  };
  const throwFailure = (): void => {
    if (failure !== undefined) throw failure.error;
  };

  return {
    async publish(message) {
      throwFailure();
      while (open.size >= maxUnacked) {
        await Promise.race(open);
        throwFailure();
      }
      const promise = send(message).finally(() => open.delete(promise));
      open.add(promise);
    },
    async flush() {
      while (open.size > 0) await Promise.all(open);
      throwFailure();
    },
  };
}
