import type { EntityType } from '@millrace/pii-detectors/types';
import type { Label } from './labels.ts';
import { leastScore, notANumber, type WordSpan } from './network.ts';

interface Open {
  readonly type: EntityType;
  readonly from: number;
  readonly scores: number[];
  isEnded: boolean;
}

/**
 * The names that the labels of words make. How sure a word is of its class is the sum over all marks of the class; a name is as sure as its
 * words are on average.
 *
 * @param words logits of each word, in the order of the labels
 */
export function joinLabels(words: readonly Float32Array[], labels: readonly Label[]): readonly WordSpan[] {
  const spans: WordSpan[] = [];
  let open: Open | undefined;
  const close = (to: number): void => {
    if (open === undefined) return;
    const score = open.scores.reduce((sum, each) => sum + each, 0) / open.scores.length;
    if (score >= leastScore) spans.push({ type: open.type, from: open.from, to, score });
    open = undefined;
  };
  for (const [index, logits] of words.entries()) {
    const { label, score } = surest(logits, labels);
    const { type, mark } = label;
    const goesOn =
      open !== undefined && open.type === type && !open.isEnded && mark !== 'begin' && mark !== 'single';
    if (!goesOn) close(index);
    if (type === undefined) continue;
    open ??= { type, from: index, scores: [], isEnded: false };
    open.scores.push(score);
    open.isEnded = mark === 'end' || mark === 'single';
  }
  close(words.length);
  return spans;
}

/** The surest class, by its surest label. */
function surest(
  logits: Float32Array,
  labels: readonly Label[],
): { readonly label: Label; readonly score: number } {
  const highest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
  // What is no figure would be below every limit, and so pass for nothing found.
  if (Number.isNaN(highest)) throw notANumber();
  const classes = new Map<string | undefined, { label: Label; weight: number; sum: number }>();
  let total = 0;
  for (const [index, label] of labels.entries()) {
    const weight = Math.exp((logits[index] as number) - highest);
    total += weight;
    const found = classes.get(label.name);
    if (found === undefined) classes.set(label.name, { label, weight, sum: weight });
    else {
      found.sum += weight;
      if (weight > found.weight) [found.label, found.weight] = [label, weight];
    }
  }
  const [first, ...others] = classes.values();
  const best = others.reduce((most, each) => (each.sum > (most?.sum ?? 0) ? each : most), first);
  if (best === undefined) throw new TypeError('no labels');
  return { label: best.label, score: best.sum / total };
}
