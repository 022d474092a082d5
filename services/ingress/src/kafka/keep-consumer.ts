import type { Stoppable } from '@millrace/runtime';

/** The one consumer that there is, for the topics that there are. */
export interface KeptConsumer extends Stoppable {
  /** Starts one for these topics, in place of one for others; nothing where there is one already. @throws what `start` throws */
  ensure(topics: readonly string[]): Promise<void>;
}

interface Attempt {
  readonly topics: string;
  consumer?: Stoppable;
}

/**
 * @param start tells by its second argument that the consumer has ended by itself, which it may do before it is started
 * @param onEnded called then: the next `ensure` starts another one
 */
export function keepConsumer(
  start: (topics: readonly string[], ended: (error: Error) => void) => Promise<Stoppable>,
  onEnded: (error: Error) => void,
): KeptConsumer {
  let current: Attempt | undefined;

  const stop = async (): Promise<void> => {
    const { consumer } = current ?? {};
    current = undefined;
    await consumer?.stop();
  };
  return {
    async ensure(topics) {
      const attempt: Attempt = { topics: JSON.stringify(topics) };
      if (current?.topics === attempt.topics) return;
      await stop();
      if (topics.length === 0) return;
      current = attempt;
      const forget = (): void => {
        if (current === attempt) current = undefined;
      };
      try {
        attempt.consumer = await start(topics, (error) => {
          forget();
          onEnded(error);
        });
      } catch (error) {
        forget();
        throw error;
      }
    },
    stop,
  };
}
