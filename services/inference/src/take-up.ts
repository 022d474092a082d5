import { MillraceError } from '@millrace/runtime';
import {
  attemptMarker,
  type Interruption,
  keepAlive,
  type ResultLog,
  servedBy,
  type Work,
} from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';
import type { InferenceContext } from './on-request-scrubbed.ts';
import { nothingPublished, readPublished, type Published, type PublishedChoice } from './published.ts';

/** Where a worker goes on with a request. */
export interface TakenUp {
  readonly attempt: number;
  readonly published: Published;
  /** To be called when the attempt has got somewhere, and when it has ended. */
  readonly settle: () => void;
}

const noSettlement = (): void => undefined;

/**
 * Takes a request up. One that was delivered before may have killed the worker that had it, so its attempt is marked in the log
 * before its content is touched: attempts that got nowhere are its own doing, while its deliveries count also the deaths of
 * others. The first attempt leaves no mark but its chunks; where there are none, it counts as one that got nowhere.
 *
 * @throws `poison_message` when as many attempts as are allowed got nowhere; `fenced`
 */
export async function takeUp(
  context: InferenceContext,
  { event, delivery }: Work,
  log: ResultLog,
  box: SealingBox,
  interruption: Interruption,
): Promise<TakenUp> {
  const { clock, suspects, maxAttempts, ackWaitMs } = context;
  const choices = event.parameters.n;
  const attempt = (log.last?.attempt ?? 0) + 1;
  const isFresh = log.last === undefined || !['ATTEMPT', 'CHUNK'].includes(log.last.kind);
  if (isFresh && delivery.deliveryCount === 1)
    return { attempt, published: nothingPublished(choices), settle: noSettlement };

  const published = await readPublished(context, box, event, choices, delivery.signal);
  delivery.signal.throwIfAborted();
  const barrenAttempts = published.barrenAttempts + (attempt === 1 ? 1 : 0);
  if (barrenAttempts >= maxAttempts) {
    throw new MillraceError(
      'poison_message',
      `The request was given up after ${barrenAttempts} attempts that got nowhere.`,
    );
  }
  let settle = noSettlement;
  if (barrenAttempts > 0 || published.choices.every(isUntouched)) {
    const alive = keepAlive(clock, delivery, ackWaitMs, () => clock.now());
    settle = await suspects.enter(barrenAttempts > 1, interruption.signal);
    await alive.stop();
  }
  try {
    delivery.signal.throwIfAborted();
    const marked = servedBy({ event, model: context.model.name });
    for (const [choice, { tokens }] of published.choices.entries()) {
      const firstPosition = tokens.length;
      await log.append(
        attemptMarker(event, { attempt, choice, firstPosition, at: clock.now(), servedBy: marked }),
      );
    }
  } catch (error) {
    settle();
    throw error;
  }
  return { attempt, published, settle };
}

function isUntouched({ tokens, finishReason }: PublishedChoice): boolean {
  return tokens.length === 0 && finishReason === undefined;
}
