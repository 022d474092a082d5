import { CollectedChoices } from '@millrace/endpoints';
import type { RelayEvent } from '@millrace/relay';

type Events = AsyncGenerator<RelayEvent, void, undefined>;

/** What a client is answered, once it is whole. */
export interface WholeAnswer extends Pick<ReturnType<CollectedChoices['choice']>, 'text' | 'toolCalls'> {
  readonly finishReason: string;
}

/** The same events; the first choice of an answer that is whole is handed over before its end is told. */
export async function* collectWhole(events: Events, onWhole: (answer: WholeAnswer) => void): Events {
  const collected = new CollectedChoices();
  try {
    for await (const event of events) {
      if (event.type === 'chunk') collected.add(event);
      if (event.type === 'completed') {
        const { text, toolCalls } = collected.choice(0);
        onWhole({ text, toolCalls, finishReason: event.finishReasons?.[0] ?? event.finishReason });
      }
      yield event;
    }
  } finally {
    await events.return();
  }
}
