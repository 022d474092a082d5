import type { EntityType } from '@millrace/pii-detectors/types';
import { MillraceError } from '@millrace/runtime';
import { decodeSpans } from './decode-spans.ts';
import { decodeTokens, type TokenLayout } from './decode-tokens.ts';
import type { GlinerConfig } from './gliner-config.ts';
import type { Graph, GraphInput } from './graph.ts';
import type { Network } from './network.ts';
import { longestOf, padded } from './rows.ts';
import type { Window } from './windows.ts';
import type { WordTokenizer } from './word-tokenizer.ts';

/** What GLiNER is asked for, in the order of its logits. */
export const glinerClasses: readonly (readonly [label: string, type: EntityType])[] = [
  ['person', 'PERSON'],
  ['organization', 'ORGANIZATION'],
  ['location', 'LOCATION'],
];
const types = glinerClasses.map(([, type]) => type);

const textInputs = ['input_ids', 'attention_mask', 'words_mask', 'text_lengths'];
const spanInputs = [...textInputs, 'span_idx', 'span_mask'];
/** Tokens of a row: what encoders are trained with. */
const mostTokens = 512;

/**
 * GLiNER with one encoder, as its own `export_to_onnx` writes it (urchade/GLiNER, `gliner/model.py`, `gliner/data_processing`). A row is
 * `[CLS] <<ENT>> person <<ENT>> … <<SEP>> words [SEP]`; `words_mask` has the number of a word, from 1, at its first token. Span mode:
 * `span_idx` and `span_mask` name all spans of up to `max_width` words, `logits` is [batch, words, max_width, classes]. Token mode:
 * start, end and inside of each class, [batch, words, classes, 3], or in older ones [3, batch, words, classes].
 *
 * @throws MillraceError `model_invalid` where graph or tokenizer are of another kind
 */
export function gliner(graph: Graph, tokenizer: WordTokenizer, config: GlinerConfig): Network {
  const wanted = config.isTokenLevel ? textInputs : spanInputs;
  const isAsked =
    graph.inputNames.length === wanted.length && wanted.every((name) => graph.inputNames.includes(name));
  if (!isAsked)
    throw new MillraceError(
      'model_invalid',
      `The GLiNER model takes ${graph.inputNames.join(', ')}: it must be ${wanted.join(', ')}, which is a model with one encoder.`,
    );
  const prompt = promptOf(tokenizer, config);
  const before = [...tokenizer.prefix, ...prompt];
  const framing = before.length + tokenizer.suffix.length;
  let layout: TokenLayout = 'classes first';

  const textsOf = (windows: readonly Window[], words: number) => {
    const rows = windows.map((window) => [
      ...before,
      ...window.words.flatMap(({ ids }) => ids),
      ...tokenizer.suffix,
    ]);
    const width = longestOf(rows);
    const masks = windows.map((window) => [
      ...before.map(() => 0),
      ...window.words.flatMap(({ ids }, index) => ids.map((_, place) => (place === 0 ? index + 1 : 0))),
    ]);
    return {
      input_ids: padded(rows, width, 0),
      attention_mask: padded(
        rows.map((row) => row.map(() => 1)),
        width,
        0,
      ),
      words_mask: padded(masks, width, 0),
      text_lengths: padded(
        windows.map((window) => [window.words.length]),
        1,
        words,
      ),
    } satisfies Record<string, GraphInput>;
  };

  const findSpans: Network['find'] = async (windows, signal) => {
    const { maxWidth } = config;
    const words = longestOf(windows.map((window) => window.words));
    const inputs = { ...textsOf(windows, words), ...allSpans(windows, words, maxWidth) };
    const logits = await graph.run(inputs, [windows.length, words, maxWidth, types.length], signal);
    const size = words * maxWidth * types.length;
    return windows.map((window, row) =>
      decodeSpans(logits.subarray(row * size, (row + 1) * size), {
        words: window.words.length,
        maxWidth,
        types,
      }),
    );
  };

  const findTokens: Network['find'] = async (windows, signal) => {
    const words = longestOf(windows.map((window) => window.words));
    const batch = windows.length;
    const inputs = textsOf(windows, words);
    const run = (): Promise<Float32Array> =>
      graph.run(
        inputs,
        layout === 'classes first' ? [batch, words, types.length, 3] : [3, batch, words, types.length],
        signal,
      );
    let logits: Float32Array;
    try {
      logits = await run();
    } catch (error) {
      // The first run, of one row, tells which of the two it is: their shapes differ.
      if (batch > 1 || layout !== 'classes first' || signal.aborted) throw error;
      layout = 'scores first';
      logits = await run();
    }
    return windows.map((window, row) =>
      decodeTokens(logits, { layout, batch, row, width: words, words: window.words.length, types }),
    );
  };

  return {
    framing,
    mostWords: config.maxWords,
    mostTokens: mostTokens - framing,
    find: config.isTokenLevel ? findTokens : findSpans,
  };
}

function promptOf(tokenizer: WordTokenizer, { entToken, sepToken }: GlinerConfig): readonly number[] {
  const special = (token: string): number => {
    const id = tokenizer.idOf(token);
    if (id === undefined)
      throw new MillraceError('model_invalid', `The tokenizer of the GLiNER model has no token ${token}.`);
    return id;
  };
  const [ent, sep] = [special(entToken), special(sepToken)];
  return [...glinerClasses.flatMap(([label]) => [ent, ...tokenizer.idsOf(label)]), sep];
}

/** All spans of up to `maxWidth` words, those of a shorter text masked. */
function allSpans(windows: readonly Window[], words: number, maxWidth: number) {
  const count = words * maxWidth;
  const places = new Int32Array(windows.length * count * 2);
  const mask = new Uint8Array(windows.length * count);
  for (const [row, { words: own }] of windows.entries())
    for (let start = 0; start < own.length; start += 1)
      for (let width = 0; width < maxWidth && start + width < own.length; width += 1) {
        const at = row * count + start * maxWidth + width;
        places[2 * at] = start;
        places[2 * at + 1] = start + width;
        mask[at] = 1;
      }
  return {
    span_idx: { type: 'int64', shape: [windows.length, count, 2], values: places },
    span_mask: { type: 'bool', shape: [windows.length, count], values: mask },
  } satisfies Record<string, GraphInput>;
}
