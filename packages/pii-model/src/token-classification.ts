import { MillraceError } from '@millrace/runtime';
import type { Graph, GraphInput } from './graph.ts';
import { joinLabels } from './join-labels.ts';
import type { Label } from './labels.ts';
import type { Network } from './network.ts';
import { longestOf, padded } from './rows.ts';
import type { WordTokenizer } from './word-tokenizer.ts';

export interface TokenClassificationOptions {
  readonly graph: Graph;
  readonly tokenizer: WordTokenizer;
  /** In the order of the logits. */
  readonly labels: readonly Label[];
  /** Of a row, special ones included. */
  readonly mostTokens: number;
  readonly padId: number;
}

const known = ['input_ids', 'attention_mask', 'token_type_ids'];

/**
 * A network for token classification, as Hugging Face Optimum exports it: `input_ids`, `attention_mask` and perhaps `token_type_ids`, all
 * [batch, sequence], to `logits` [batch, sequence, labels]. A word is what its first token is.
 *
 * @throws MillraceError `model_invalid` where the graph wants something else
 */
export function tokenClassification({
  graph,
  tokenizer,
  labels,
  mostTokens,
  padId,
}: TokenClassificationOptions): Network {
  const foreign = graph.inputNames.filter((name) => !known.includes(name));
  if (foreign.length > 0 || !graph.inputNames.includes('input_ids'))
    throw new MillraceError(
      'model_invalid',
      `The model of names takes ${graph.inputNames.join(', ')}: for token classification it must be of ${known.join(', ')}.`,
    );
  const { prefix, suffix } = tokenizer;
  const framing = prefix.length + suffix.length;
  return {
    framing,
    mostWords: mostTokens,
    mostTokens: mostTokens - framing,
    async find(windows, signal) {
      const rows = windows.map(({ words }) => [...prefix, ...words.flatMap(({ ids }) => ids), ...suffix]);
      const width = longestOf(rows);
      const inputs: Record<string, GraphInput> = {
        input_ids: padded(rows, width, padId),
        attention_mask: padded(
          rows.map((row) => row.map(() => 1)),
          width,
          0,
        ),
        token_type_ids: padded(
          rows.map(() => []),
          width,
          0,
        ),
      };
      const wanted = Object.fromEntries(
        Object.entries(inputs).filter(([name]) => graph.inputNames.includes(name)),
      );
      const logits = await graph.run(wanted, [rows.length, width, labels.length], signal);
      return windows.map(({ words }, row) => {
        let token = row * width + prefix.length;
        const firsts = words.map(({ ids }) => {
          const at = token;
          token += ids.length;
          return logits.subarray(at * labels.length, (at + 1) * labels.length);
        });
        return joinLabels(firsts, labels);
      });
    },
  };
}
