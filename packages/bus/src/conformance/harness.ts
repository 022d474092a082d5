import type { ConsumerDefinition, StreamDefinition } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import type { Bus, StoredMessage } from '../port.ts';

/** A broker under test. `connect` makes a new bus each time, as another process would; `stop` ends all of them. */
export interface BrokerHarness extends Stoppable {
  connect(): Promise<Bus>;
  /** Ends the broker as a crash would. */
  kill(): Promise<void>;
  /** Brings it back on the same address and data. */
  start(): Promise<void>;
}

/** What each test gets: names of its own. */
export interface Scene {
  readonly bus: Bus;
  readonly stream: string;
  /** Subjects of the stream are `<subject>.<anything>`. */
  readonly subject: string;
}

let scenes = 0;

export async function createScene(bus: Bus, definition: Partial<StreamDefinition> = {}): Promise<Scene> {
  const stream = `S${++scenes}`;
  const subject = `s${scenes}`;
  await bus.provision(
    [
      {
        name: stream,
        subjects: [`${subject}.*`],
        retention: 'limits',
        discard: 'new',
        duplicateWindowMs: 60_000,
        ...definition,
      },
    ],
    [],
  );
  return { bus, stream, subject };
}

export function consumerOf(
  { stream, subject }: Scene,
  more: Partial<ConsumerDefinition> = {},
): ConsumerDefinition {
  return {
    stream,
    durable: 'worker',
    filterSubject: `${subject}.*`,
    ackWaitMs: 30_000,
    maxAckPending: 100,
    ...more,
  };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = ({ payload }: { readonly payload: Uint8Array }): string =>
  new TextDecoder().decode(payload);

export async function readAll(messages: AsyncIterable<StoredMessage>): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

export const noPoison = {
  maxDeliveries: 100,
  onPoison: async (): Promise<void> => {
    throw new Error('nothing is poison here');
  },
} as const;

/** Waits until that many messages are left: a broker may take an ack, answer the next question, and only then act on the ack. */
export async function untilMessages(bus: Bus, stream: string, messages: number): Promise<void> {
  while ((await bus.streamState(stream)).messages !== messages) await new Promise(setImmediate);
}
