import { MillraceError } from '@millrace/runtime';
import type { MessageDecoder } from './message-decoder.ts';
import { lineOf } from './rendered-rows.ts';
import type { Entry, FilterName, Source } from './sources.ts';

/** A message of a stream or a topic, wherever it is from. */
export interface TailedMessage {
  /** Stream or topic. */
  readonly place: string;
  /** Subject; of a topic its partition. */
  readonly subject: string;
  /** Sequence or offset. */
  readonly sequence: number;
  readonly storedAt: number;
  readonly payload: Uint8Array;
}

export type Filters = Readonly<Partial<Record<FilterName, string>>>;

/** Makes the lines of a message: none where the filters leave it out. */
export type LinesOf = (message: TailedMessage) => Promise<readonly string[]>;

/** Rows of a source. A message that cannot be read is a line of its own, unless there are filters. */
export function sourceLines(
  source: Source,
  filters: Filters,
  decoder: MessageDecoder,
  isJson: boolean,
): LinesOf {
  const wanted = Object.entries(filters) as [FilterName, string][];
  return async (message) => {
    let decoded;
    try {
      decoded = await decoder.decode(message.payload);
    } catch (error) {
      const line = unreadable(message, error, isJson);
      // What cannot be read is nobody's.
      return wanted.length > 0 ? [] : [line];
    }
    const { schema, version } = decoded;
    const value = decoded.value as Entry;
    return (source.entries?.(value) ?? [value])
      .filter((entry) => {
        const facts = source.facts(entry, schema);
        return wanted.every(([name, text]) => isSame(facts[name], text));
      })
      .map((entry) =>
        isJson
          ? jsonLine(message, { schema, version, value: entry })
          : lineOf(source.cells(entry, schema), source.columns),
      );
  };
}

/** Any message with all that it holds: a heading and its fields as indented JSON, or a JSON line. */
export function decodedLines(decoder: MessageDecoder, isJson: boolean): LinesOf {
  return async (message) => {
    try {
      const decoded = await decoder.decode(message.payload);
      if (isJson) return [jsonLine(message, decoded)];
      const version = decoded.version === undefined ? '' : ` v${decoded.version}`;
      return [
        `${placeOf(message)}  ${decoded.schema}${version}\n${JSON.stringify(decoded.value, null, 2)}\n`,
      ];
    } catch (error) {
      return [unreadable(message, error, isJson)];
    }
  };
}

function isSame(fact: unknown, text: string): boolean {
  return typeof fact === 'string' && fact.toLowerCase() === text.toLowerCase();
}

/** @throws what is no property of the message: a registry that is away */
function unreadable(message: TailedMessage, error: unknown, isJson: boolean): string {
  const { code, message: why } = MillraceError.from(error);
  if (code !== 'message_corrupt' && code !== 'schema_unknown') throw error;
  return isJson ? jsonLine(message, { error: { code, message: why } }) : `${placeOf(message)}  ${why}\n`;
}

function placeOf({ place, subject, sequence, storedAt }: TailedMessage): string {
  return [new Date(storedAt).toISOString(), `${place} #${sequence}`, subject].filter(Boolean).join('  ');
}

function jsonLine({ place, subject, sequence, storedAt }: TailedMessage, rest: object): string {
  const stored_at = new Date(storedAt).toISOString();
  return `${JSON.stringify({ stream: place, subject, sequence, stored_at, ...rest })}\n`;
}
