import { Webhook } from 'standardwebhooks';
import {
  settleDelivery,
  takeDelivery,
  type Delivery,
  type DeliveryOutcome,
  type JobDependencies,
  type WebhookSettings,
} from '@millrace/jobs';
import { MillraceError, type Clock, type Counter, type Logger, type RandomSource } from '@millrace/runtime';
import { startLoop, type Loop } from '@millrace/stage';
import { postWebhook } from './post-webhook.ts';

export interface DeliverDependencies extends JobDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: RandomSource;
  readonly settings: WebhookSettings;
  readonly runner: string;
  readonly pollMs: number;
  readonly ended: Counter<'outcome'>;
}

/** Webhooks that are under way at once. */
const concurrency = 32;
/** Those of one tenant: receivers that take their time are not to hold up the webhooks of others. */
const perTenant = 4;
const longestPauseMs = 6 * 60 * 60_000;
/** The receiver wants no more of it. */
const gone = 410;

/** Delivers webhooks that are due, several at once, until it is stopped; those that are under way then are tried again later. */
export function startDelivering(dependencies: DeliverDependencies): Loop {
  const { clock, logger, runner, pollMs, settings } = dependencies;
  const leaseMs = settings.webhookTimeoutMs + 30_000;
  const underWay = new Set<Promise<void>>();
  const onError = (error: unknown): void =>
    logger.warn({ error }, 'webhooks could not be looked up and will be tried again');

  const begin = (delivery: Delivery, signal: AbortSignal): void => {
    const delivering = deliver(dependencies, delivery, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) onError(error);
      })
      .finally(() => {
        underWay.delete(delivering);
        loop.wake();
      });
    underWay.add(delivering);
  };
  // Nobody waits for a receiver that takes its time.
  const loop = startLoop({ clock, intervalMs: pollMs, onError }, async (signal) => {
    while (underWay.size < concurrency && !signal.aborted) {
      const delivery = await takeDelivery(dependencies, runner, { leaseMs, perTenant });
      if (delivery === undefined) return;
      begin(delivery, signal);
    }
  });
  return {
    wake: () => loop.wake(),
    async stop() {
      await loop.stop();
      await Promise.all(underWay);
    },
  };
}

async function deliver(
  dependencies: DeliverDependencies,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const { clock, settings, runner, ended, logger } = dependencies;
  const now = new Date(clock.now());
  const body = JSON.stringify(delivery.payload);
  let result: string;
  let outcome: DeliveryOutcome;
  try {
    const status = await postWebhook(
      delivery.target.url,
      {
        'content-type': 'application/json',
        'user-agent': 'Millrace',
        'webhook-id': delivery.id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': new Webhook(delivery.target.secret).sign(delivery.id, now, body),
      },
      body,
      { timeoutMs: settings.webhookTimeoutMs, allowsPrivate: settings.webhookPrivate, signal },
    );
    result = String(status);
    if (status >= 200 && status < 300) outcome = 'delivered';
    else outcome = status === gone ? 'given_up' : again(dependencies, delivery.attempt);
  } catch (error) {
    signal.throwIfAborted();
    const isRefused = error instanceof MillraceError && error.code === 'invalid_value';
    result = isRefused ? 'refused' : 'unreachable';
    outcome = again(dependencies, delivery.attempt);
    logger.debug({ error, id: delivery.id }, 'a webhook could not be delivered');
  }
  await settleDelivery(dependencies, delivery, runner, outcome, result);
  if (typeof outcome === 'string') ended.inc({ outcome });
}

function again({ clock, random, settings }: DeliverDependencies, attempt: number): DeliveryOutcome {
  if (attempt >= settings.webhookAttempts) return 'given_up';
  const boundMs = Math.min(longestPauseMs, settings.webhookFirstPauseMs * 5 ** (attempt - 1));
  return { nextAt: clock.now() + boundMs * (0.5 + random.unit() / 2) };
}
