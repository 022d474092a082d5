import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Bus, ReceivedMessage } from '@millrace/bus';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import type { Dice } from './fuzz/dice.ts';

export interface Duplicates extends Stoppable {
  /** Published again so far. */
  readonly count: number;
}

/** What stages hand over: a publisher that did not get its ack would publish it again. */
const handedOver = ['mr.request.received.*', 'mr.request.admitted.*', 'mr.request.scrubbed.*.*'];
const closings = 'mr.request.closed.*.*';
const latestMs = 4_000;

/**
 * Publishes a share of all that the stages hand over once more, at once or seconds later: half under its own message id, which the server
 * knows, half under another, as if the server had forgotten it. `stop` waits until all are published.
 */
export async function publishDuplicates(bus: Bus, dice: Dice, share: number): Promise<Duplicates> {
  const publishing = new Set<Promise<void>>();
  let count = 0;
  const again = async ({ subject, payload, headers }: ReceivedMessage, isClosing: boolean): Promise<void> => {
    const isKnown = dice.chance(0.5);
    await setTimeout(dice.below(2) * dice.below(latestMs));
    const messageId = isKnown ? headers['Nats-Msg-Id'] : undefined;
    try {
      await bus.publish({
        subject,
        payload,
        messageId: messageId ?? `again:${randomUUID()}`,
        ...(isClosing ? { expectedLastSequence: 0 } : {}),
      });
    } catch (error) {
      // A second closing is refused.
      if (!isClosing || !(error instanceof MillraceError) || error.code !== 'fenced') throw error;
    }
    count += 1;
  };
  /** What this publishes itself is not published once more. */
  const own = new Set<string>();
  const keep = (isClosing: boolean) => (message: ReceivedMessage) => {
    const name = `${message.subject} ${message.headers['Nats-Msg-Id']}`;
    if (own.has(name) || name.includes(' again:') || !dice.chance(share)) return;
    own.add(name);
    const each = again(message, isClosing).finally(() => publishing.delete(each));
    publishing.add(each);
  };
  const subscriptions = await Promise.all([
    ...handedOver.map((subject) => bus.subscribe(subject, keep(false))),
    bus.subscribe(closings, keep(true)),
  ]);
  return {
    get count() {
      return count;
    },
    async stop() {
      for (const subscription of subscriptions) await subscription.stop();
      await Promise.all(publishing);
    },
  };
}
