import { bucketDefinitions, createCodec, streamDefinitions } from '@millrace/contracts';
import { MillraceError, systemClock, type Clock } from '@millrace/runtime';
import type { LiveOutput } from '../live-output.ts';
import { openReadingBus } from './reading-bus.ts';
import { createMessageDecoder } from './message-decoder.ts';
import { readStream } from './read-stream.ts';
import { headingOf } from './rendered-rows.ts';
import { createValueView } from './shown-value.ts';
import { sources, subjectOf, type SourceName } from './sources.ts';
import { decodedLines, sourceLines, type Filters, type LinesOf } from './tailed-lines.ts';
import type { Since } from './since.ts';
import type { TailSettings } from './config.ts';

export interface StreamTail {
  /** One of the sources, or a subject of which any message is decoded. */
  readonly what: { readonly source: SourceName; readonly filters: Filters } | { readonly subject: string };
  readonly since: Since | undefined;
  readonly limit: number | undefined;
  readonly follow: boolean;
  readonly isJson: boolean;
}

/**
 * Writes what a stream of NATS has, and with `follow` what comes.
 *
 * @throws `config_invalid` where the user may not read it, or no stream has the subject; `unavailable`
 */
export async function tailStream(
  tail: StreamTail,
  settings: TailSettings,
  output: LiveOutput,
  clock: Clock = systemClock,
): Promise<void> {
  const codec = createCodec();
  const decoder = createMessageDecoder(codec, createValueView(codec));
  const { stream, subject, linesOf, heading } = planOf(tail, decoder);
  const reading = await openReadingBus(settings);
  const { bus, refused } = reading;
  const signal = AbortSignal.any([output.signal, refused]);
  try {
    if (heading !== undefined && !tail.isJson) await output.write(heading);
    const plan = { stream, subject, since: tail.since, limit: tail.limit, follow: tail.follow };
    const lines = readStream(
      { bus, clock },
      plan,
      (message) => linesOf({ ...message, place: message.stream }),
      signal,
    );
    for await (const line of lines) await output.write(line);
  } catch (error) {
    if (refused.aborted) throw refused.reason;
    if (!output.signal.aborted) throw error;
  } finally {
    await reading.stop();
  }
}

interface Plan {
  readonly stream: string;
  readonly subject: string;
  readonly linesOf: LinesOf;
  readonly heading: string | undefined;
}

function planOf({ what, isJson }: StreamTail, decoder: ReturnType<typeof createMessageDecoder>): Plan {
  if ('source' in what) {
    const source = sources[what.source];
    return {
      stream: source.stream,
      subject: subjectOf(source, what.filters.tenant),
      linesOf: sourceLines(source, what.filters, decoder, isJson),
      heading: headingOf(source.columns),
    };
  }
  return {
    stream: streamOf(what.subject),
    subject: what.subject,
    linesOf: decodedLines(decoder, isJson),
    heading: undefined,
  };
}

/** The stream that keeps the messages of a subject. @throws `config_invalid` where there is none */
export function streamOf(subject: string): string {
  const patterns = [
    ...streamDefinitions().flatMap(({ name, subjects }) => subjects.map((pattern) => ({ name, pattern }))),
    ...bucketDefinitions.map(({ name }) => ({ name: `KV_${name}`, pattern: `$KV.${name}.>` })),
  ];
  const found = patterns.find(({ pattern }) => overlap(pattern.split('.'), subject.split('.')));
  if (found !== undefined) return found.name;
  throw new MillraceError(
    'config_invalid',
    `No stream keeps ${subject}. Subjects that are kept: ${patterns.map(({ pattern }) => pattern).join(', ')}.`,
    { param: '--decode' },
  );
}

/** Whether one subject could match both patterns. */
function overlap([a, ...restA]: readonly string[], [b, ...restB]: readonly string[]): boolean {
  if (a === '>' || b === '>') return a !== undefined && b !== undefined;
  if (a === undefined || b === undefined) return a === b;
  return (a === b || a === '*' || b === '*') && overlap(restA, restB);
}
