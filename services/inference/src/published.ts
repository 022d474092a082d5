import { MillraceError } from '@millrace/runtime';
import { openContent, readResults, type RequestEvent, type StageDependencies } from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';

/** What earlier attempts have published of one choice. */
export interface PublishedChoice {
  readonly tokens: Int32Array;
  readonly text: string;
  /** How it ended, where that is on record: there is nothing more to generate then. */
  readonly finishReason: string | undefined;
}

/** What earlier attempts have published of an answer. */
export interface Published {
  /** By index. */
  readonly choices: readonly PublishedChoice[];
  /** When the first chunk was written, in milliseconds since the epoch; undefined when there is none. */
  readonly firstAt: number | undefined;
  /** Attempts, since the last chunk, that ended without one. */
  readonly barrenAttempts: number;
}

const emptyChoice: PublishedChoice = { tokens: new Int32Array(), text: '', finishReason: undefined };

export function nothingPublished(choices: number): Published {
  return {
    choices: Array.from({ length: choices }, () => emptyChoice),
    firstAt: undefined,
    barrenAttempts: 0,
  };
}

/** What has been read of one choice. */
interface Collected {
  tokens: number[];
  text: string;
  finishReason: string | undefined;
  /** False when its first chunk is gone. */
  isWhole: boolean;
}

const nothingCollected = (): Collected => ({ tokens: [], text: '', finishReason: undefined, isWhole: true });

/**
 * Reads the chunks of earlier attempts. Where the first ones of a choice are gone (the stream was full), nothing of it counts as
 * published: the choice starts over, and the relay compares.
 */
export async function readPublished(
  dependencies: Pick<StageDependencies, 'bus' | 'codec'>,
  box: SealingBox,
  request: RequestEvent,
  choices: number,
  signal: AbortSignal,
): Promise<Published> {
  const collected = Array.from({ length: choices }, nothingCollected);
  let firstAt: number | undefined;
  let barrenAttempts = 0;
  let lastAttempt = 0;
  for await (const { record } of readResults(dependencies, request.request_id, { signal })) {
    // Attempts of other models say nothing of this one.
    if (record.kind === 'REROUTED') barrenAttempts = 0;
    if (record.kind === 'ATTEMPT') {
      // Each choice has a marker of its own.
      if (record.attempt !== lastAttempt) barrenAttempts += 1;
      lastAttempt = record.attempt;
      // A choice may have ended without a token.
      if (record.first_position === 0 && collected[record.choice]?.finishReason === undefined)
        collected[record.choice] = nothingCollected();
    }
    if (record.kind !== 'CHUNK' || record.content === null) continue;
    barrenAttempts = 0;
    const choice = collected[record.choice];
    if (choice === undefined || !follows(choice, record.first_position)) continue;
    const content = openContent(box, request.request_id, 'chunk', record.content);
    firstAt ??= record.at;
    choice.tokens.push(...content.tokens);
    choice.text += content.text;
    choice.finishReason = content.finish_reason;
  }
  return {
    choices: collected.map(({ tokens, text, finishReason, isWhole }) =>
      isWhole ? { tokens: Int32Array.from(tokens), text, finishReason } : emptyChoice,
    ),
    firstAt,
    barrenAttempts,
  };
}

/** Whether a chunk goes on with what there is of its choice. */
function follows(choice: Collected, firstPosition: number): boolean {
  if (!choice.isWhole) return false;
  if (firstPosition === choice.tokens.length) return true;
  if (choice.tokens.length > 0) {
    throw new MillraceError(
      'internal_error',
      `The chunks of the request have a gap at position ${choice.tokens.length}.`,
    );
  }
  choice.isWhole = false;
  return false;
}
