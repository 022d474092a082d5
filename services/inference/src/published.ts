import { MillraceError } from '@millrace/runtime';
import { openContent, readResults, type RequestEvent, type StageDependencies } from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';

/** What earlier attempts have published of an answer. */
export interface Published {
  readonly tokens: Int32Array;
  readonly text: string;
  /** When the first chunk was written, in milliseconds since the epoch; undefined when there is none. */
  readonly firstAt: number | undefined;
  /** Attempts, since the last chunk, that ended without one. */
  readonly barrenAttempts: number;
}

export const nothingPublished: Published = {
  tokens: new Int32Array(),
  text: '',
  firstAt: undefined,
  barrenAttempts: 0,
};

/**
 * Reads the chunks of earlier attempts. Where the first of them are gone (the stream was full), nothing counts as published:
 * the answer starts over, and the relay compares.
 */
export async function readPublished(
  dependencies: Pick<StageDependencies, 'bus' | 'codec'>,
  box: SealingBox,
  request: RequestEvent,
  signal: AbortSignal,
): Promise<Published> {
  let tokens: number[] = [];
  let text = '';
  let firstAt: number | undefined;
  let barrenAttempts = 0;
  let isWhole = true;
  for await (const { record } of readResults(dependencies, request.request_id, { signal })) {
    if (record.kind === 'ATTEMPT') {
      barrenAttempts += 1;
      if (record.first_position > 0) continue;
      tokens = [];
      text = '';
      isWhole = true;
    }
    if (record.kind !== 'CHUNK' || record.content === null) continue;
    barrenAttempts = 0;
    if (!isWhole) continue;
    if (record.first_position !== tokens.length) {
      if (tokens.length === 0) {
        isWhole = false;
        continue;
      }
      throw new MillraceError(
        'internal_error',
        `The chunks of the request have a gap at position ${tokens.length}.`,
      );
    }
    const content = openContent(box, request.request_id, 'chunk', record.content);
    firstAt ??= record.at;
    tokens.push(...content.tokens);
    text += content.text;
  }
  if (!isWhole) return { ...nothingPublished, barrenAttempts };
  return { tokens: Int32Array.from(tokens), text, firstAt, barrenAttempts };
}
