import type { ConsumerDefinition } from '@millrace/contracts';
import type { Clock, Logger, RandomSource } from '@millrace/runtime';
import type { Delivery, PoisonReason } from '../port.ts';
import { createAckedMessages } from './acked-messages.ts';
import { createAcknowledger, type Acknowledger } from './acknowledger.ts';
import type { Connection } from './connection.ts';
import { deliveryFacts, toDelivery } from './delivery.ts';
import type { JetStreamApi } from './jetstream-api.ts';
import { provisionConsumer } from './provisioning.ts';
import { startPullLoop, type PullLoop } from './pull-loop.ts';
import { defaultBackoff, delayAfter } from './redelivery-delay.ts';

/** More than can be on their way to a server at the moment when it dies. */
const rememberedAcks = 8_192;

export interface ConsumeDependencies {
  readonly connection: Connection;
  readonly api: JetStreamApi;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: RandomSource;
}

export interface PoisonOptions {
  readonly maxDeliveries: number;
  readonly onPoison: (delivery: Delivery, why: PoisonReason) => Promise<void>;
  readonly backoffMs?: (deliveryCount: number) => number;
}

/** A delivery that is being worked on. */
export interface Job {
  readonly delivery: Delivery;
  /** The latest reply subject: a redelivery to the same worker replaces it. */
  reply: string;
}

/** What one-by-one and batched consumption have in common: the jobs, their answers, poison, and the end. */
export interface Work {
  readonly jobs: ReadonlyMap<number, Job>;
  readonly loop: PullLoop;
  readonly signal: AbortSignal;
  complete(job: Job): void;
  handBack(job: Job, error: unknown): void;
  /** Neither acks nor naks: another worker has the message, and it comes again if that one dies. */
  leave(job: Job): void;
  /** Calls `onPoison`, then terminates the message. Never throws. */
  poison(job: Job, why: PoisonReason): Promise<void>;
  isPoison(job: Job): boolean;
  /** Ends the pulls and aborts the signal; messages that still arrive are handed back. */
  end(): Promise<void>;
  /** After the last answer. */
  close(): Promise<void>;
}

export async function startWork(
  { connection, api, logger, clock, random }: ConsumeDependencies,
  definition: ConsumerDefinition,
  options: PoisonOptions,
  capacity: (jobs: number) => number,
  onJob: (job: Job, work: Work) => void,
): Promise<Work> {
  const jobs = new Map<number, Job>();
  const acked = createAckedMessages(rememberedAcks);
  const acknowledger: Acknowledger = createAcknowledger(connection);
  const stopping = new AbortController();
  const backoffMs = options.backoffMs ?? defaultBackoff(random);
  const { durable } = definition;

  const finish = (job: Job): void => {
    jobs.delete(job.delivery.sequence);
    loop.pump();
  };
  const work: Omit<Work, 'loop'> = {
    jobs,
    signal: stopping.signal,
    complete(job) {
      acknowledger.ack(job.reply);
      acked.add(job.delivery);
      finish(job);
    },
    handBack(job, error) {
      const { subject, deliveryCount } = job.delivery;
      const delayMs = stopping.signal.aborted ? 0 : delayAfter(error, backoffMs(deliveryCount));
      if (!stopping.signal.aborted)
        logger.warn({ error, subject, deliveryCount, delayMs, durable }, 'message handed back');
      acknowledger.nak(job.reply, delayMs);
      finish(job);
    },
    leave(job) {
      const { subject, deliveryCount } = job.delivery;
      logger.warn({ subject, deliveryCount, durable }, 'message left to the worker that has taken it over');
      finish(job);
    },
    async poison(job, why) {
      try {
        await options.onPoison(job.delivery, why);
        acknowledger.terminate(job.reply);
        finish(job);
      } catch (error) {
        work.handBack(job, error);
      }
    },
    isPoison: (job) => job.delivery.deliveryCount > options.maxDeliveries,
    async end() {
      stopping.abort();
      await loop.stop();
    },
    async close() {
      await acknowledger.stop();
    },
  };

  const loop = await startPullLoop({
    connection,
    stream: definition.stream,
    logger,
    clock,
    async prepareConsumer(signal) {
      await provisionConsumer(api, definition, signal);
      return durable;
    },
    capacity: () => capacity(jobs.size),
    onMessage(message) {
      const reply = message.reply ?? '';
      if (stopping.signal.aborted) {
        acknowledger.nak(reply, 0);
        return;
      }
      const facts = deliveryFacts(reply);
      if (acked.has(facts)) {
        logger.warn({ subject: message.subject, durable }, 'a message that was acked was delivered again');
        acknowledger.ack(reply);
        loop.pump();
        return;
      }
      const known = jobs.get(facts.sequence);
      if (known !== undefined) {
        logger.warn(
          { subject: message.subject, durable },
          'a message that is being worked on was delivered again',
        );
        known.reply = reply;
        loop.pump();
        return;
      }
      const job: Job = {
        delivery: toDelivery(message, facts, stopping.signal, () => acknowledger.working(job.reply)),
        reply,
      };
      jobs.set(facts.sequence, job);
      onJob(job, whole);
    },
  });
  const whole: Work = Object.assign(work, { loop });
  return whole;
}
