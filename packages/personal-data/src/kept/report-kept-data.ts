import type { KeptData } from './kept-data.ts';
import { keptStreams } from './kept-streams.ts';
import { keptTables } from './kept-tables.ts';

const memory: readonly KeptData[] = [
  {
    kind: 'memory',
    store: 'answer cache',
    holds:
      'Answers that may be given again, with placeholders for personal data that was found, in the memory of a worker.',
    sealed: 'nothing',
    personal: 'content',
    keptMs: undefined,
    kept: '`MILLRACE_ANSWER_CACHE_TTL`, an hour by default; nothing with zero retention',
    erasure: 'Dropped within a second.',
  },
  {
    kind: 'memory',
    store: 'prefix cache',
    holds: 'Keys and values of prompts, in the memory of a worker: numbers of the model.',
    sealed: 'nothing',
    personal: 'content',
    keptMs: undefined,
    kept: 'until others need the place, or the worker ends',
    erasure: 'Stays until then: restart the workers where that has to be at once.',
  },
  {
    kind: 'memory',
    store: 'data keys',
    holds: 'Data keys, unwrapped, in every process.',
    sealed: 'nothing',
    personal: 'none',
    keptMs: undefined,
    kept: 'until 10,000 others were used since',
    erasure: 'Dropped within a second.',
  },
];

/** All that Millrace keeps, from the catalogues of its streams and tables. */
export function reportKeptData(): readonly KeptData[] {
  return [...keptStreams(), ...keptTables(), ...memory];
}
