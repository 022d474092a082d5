import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TokenClassifier } from '@millrace/pii-detectors/names';
import type { Entity } from '@millrace/pii-detectors/types';
import type { Network } from './network.ts';
import { windowsOf, type Window } from './windows.ts';
import type { WordTokenizer } from './word-tokenizer.ts';
import { mayHoldNames } from './words.ts';

/** Tokens of a batch, what fills it up included. More would take longer without being faster, and nobody else had a turn. */
const mostBatchTokens = 2_048;

interface Piece {
  readonly text: number;
  readonly window: Window;
}

/**
 * Texts in overlapping windows, windows in batches, one batch after the other: in time that grows as the texts do, and in memory that
 * doesn't. Between two batches others have a turn, and cancelling takes effect.
 */
export function createClassifier(network: Network, tokenizer: WordTokenizer): TokenClassifier {
  return {
    async classify(texts, signal) {
      const found: Entity[][] = texts.map(() => []);
      for (const batch of batchesOf(piecesOf(texts, network, tokenizer), network.framing)) {
        await nextTurn();
        signal.throwIfAborted();
        const spans = await network.find(
          batch.map(({ window }) => window),
          signal,
        );
        for (const [index, { text, window }] of batch.entries())
          addNames(found[text] ?? [], window, spans[index] ?? []);
      }
      return found;
    },
  };
}

function* piecesOf(texts: readonly string[], network: Network, tokenizer: WordTokenizer): Generator<Piece> {
  for (const [index, text] of texts.entries())
    if (mayHoldNames(text))
      for (const window of windowsOf(text, tokenizer, network)) yield { text: index, window };
}

function* batchesOf(pieces: Iterable<Piece>, framing: number): Generator<readonly Piece[]> {
  let batch: Piece[] = [];
  let longest = 0;
  for (const piece of pieces) {
    const tokens = Math.max(longest, piece.window.tokens + framing);
    if (batch.length > 0 && tokens * (batch.length + 1) > mostBatchTokens) {
      yield batch;
      [batch, longest] = [[], 0];
    }
    batch.push(piece);
    longest = Math.max(longest, piece.window.tokens + framing);
  }
  if (batch.length > 0) yield batch;
}

function addNames(
  names: Entity[],
  { words, from, to }: Window,
  spans: Awaited<ReturnType<Network['find']>>[number],
): void {
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const start = words[span.from]?.start ?? 0;
    const end = words[span.to - 1]?.end ?? 0;
    if (start < from || start >= to || start < (names.at(-1)?.end ?? 0)) continue;
    names.push({ type: span.type, start, end, score: span.score });
  }
}
