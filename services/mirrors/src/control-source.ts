import { controlKeys, topics, type Codec, type TopicDefinition } from '@millrace/contracts';
import type { Bus } from '@millrace/bus';
import type { ReferenceSource, ReferenceValue } from './reference-source.ts';

/** Prices and models as the bucket CONTROL has them. */
export function controlSources(bus: Bus, codec: Codec): readonly ReferenceSource[] {
  return [
    watched(bus, topics.prices, controlKeys.prices, (message) => {
      const { at: _at, ...sameness } = codec.decode('price.published', message);
      return { name: sameness.model, value: { message, sameness } };
    }),
    watched(bus, topics.models, controlKeys.models, (message) => {
      const { at: _at, ...sameness } = codec.decode('model.ready', message);
      return { name: sameness.name, value: { message, sameness } };
    }),
  ];
}

function watched(
  bus: Bus,
  topic: TopicDefinition,
  filter: string,
  read: (message: Uint8Array) => { readonly name: string; readonly value: ReferenceValue },
): ReferenceSource {
  return {
    topic,
    async open() {
      const present = new Map<string, ReturnType<typeof read>>();
      const watch = await bus.bucket('CONTROL').watch(filter, ({ key, value }) => {
        if (value === undefined) present.delete(key);
        else present.set(key, read(value));
      });
      return {
        read: async () => new Map(Array.from(present.values(), ({ name, value }) => [name, value])),
        stop: () => watch.stop(),
      };
    },
  };
}
