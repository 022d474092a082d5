import { MillraceError } from '@millrace/runtime';

type Config = Readonly<Record<string, unknown>>;

/** @returns the names of `id2label`, by number @throws MillraceError `model_invalid` */
export function readLabels({ id2label }: Config, file: string): readonly string[] {
  const labels =
    typeof id2label === 'object' && id2label !== null ? (id2label as Record<string, unknown>) : {};
  const count = Object.keys(labels).length;
  const names = Array.from({ length: count }, (_, index) => labels[String(index)]);
  if (count > 0 && names.every((name) => typeof name === 'string')) return names;
  throw new MillraceError(
    'model_invalid',
    `${file} has no id2label with a name for each number from 0 on: it is no model for token classification.`,
  );
}

/** Rows that are longer make no difference to names, but cost the square of their length. */
const longestUseful = 512;
/** Positions that models of RoBERTa's kind leave unused. */
const unusedPositions = 2;

/** Most tokens of a row, special ones included. */
export function longestRow({ max_position_embeddings: positions, model_type: type }: Config): number {
  if (typeof positions !== 'number' || positions <= 0) return longestUseful;
  const isRoberta = typeof type === 'string' && /roberta|camembert/u.test(type);
  return Math.min(longestUseful, isRoberta ? positions - unusedPositions : positions);
}
