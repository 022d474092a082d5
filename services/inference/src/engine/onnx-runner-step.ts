import type { Session, Tensor } from '@millrace/onnx';
import type { CacheTensors } from './key-value-cache.ts';
import type { Candidates } from './model-runner.ts';

/** Where the graph puts what it says about the next token, for each row that is asked about. */
export interface StepOutputs {
  readonly logits: Tensor<'float32'>;
  readonly candidateLogits: Tensor<'float32'>;
  readonly candidateTokens: Tensor<'int64'>;
  readonly logSumExp: Tensor<'float32'>;
}

export interface StepShape {
  /** Sequences in the step. */
  readonly batch: number;
  /** Tokens of each. */
  readonly sequence: number;
}

/** A step of one shape on certain slots, bound once: each run only writes a few integers. */
export interface Step {
  /**
   * @param tokens batch × sequence ids, sequence after sequence
   * @param starts the position of each sequence's first token
   * @param wantedRows which of the batch × sequence rows get candidates, as many as the outputs have rows
   * @throws MillraceError `cancelled` when the signal ended it
   */
  run(
    tokens: ArrayLike<number>,
    starts: readonly number[],
    wantedRows: readonly number[],
    signal?: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}

export function createStepOutputs(
  session: Session,
  rows: number,
  vocabularySize: number,
  candidateCount: number,
): StepOutputs {
  return {
    logits: session.createTensor('float32', [rows, vocabularySize]),
    candidateLogits: session.createTensor('float32', [rows, candidateCount]),
    candidateTokens: session.createTensor('int64', [rows, candidateCount]),
    logSumExp: session.createTensor('float32', [rows]),
  };
}

export function createStep(
  session: Session,
  { batch, sequence }: StepShape,
  cache: CacheTensors,
  outputs: StepOutputs,
): Step {
  const inputIds = session.createTensor('int64', [batch, sequence]);
  const lastPositions = session.createTensor('int32', [batch]);
  const totalLength = session.createTensor('int32', []);
  const wanted = session.createTensor('int64', [outputs.logSumExp.data.length]);
  const binding = session.bind(
    {
      input_ids: inputIds,
      last_positions: lastPositions,
      total_length: totalLength,
      wanted_rows: wanted,
      ...cache.past,
    },
    {
      logits: outputs.logits,
      candidate_logits: outputs.candidateLogits,
      candidate_tokens: outputs.candidateTokens,
      log_sum_exp: outputs.logSumExp,
      ...cache.present,
    },
  );
  return {
    async run(tokens, starts, wantedRows, signal) {
      for (let index = 0; index < tokens.length; index += 1)
        inputIds.data[index] = BigInt(tokens[index] ?? 0);
      for (const [row, start] of starts.entries()) lastPositions.data[row] = start + sequence - 1;
      totalLength.data[0] = Math.max(...starts) + sequence;
      for (const [index, row] of wantedRows.entries()) wanted.data[index] = BigInt(row);
      await binding.run(signal === undefined ? {} : { signal });
    },
    async close() {
      await binding.close();
      for (const tensor of [inputIds, lastPositions, totalLength, wanted]) tensor.release();
    },
  };
}

/** The candidates of one row of the outputs: the tokens are copied, the logits are a view. */
export function readCandidates(outputs: StepOutputs, row: number): Candidates {
  const [, count = 0] = outputs.candidateTokens.shape;
  const [, vocabularySize = 0] = outputs.logits.shape;
  return {
    tokens: Int32Array.from(outputs.candidateTokens.data.subarray(row * count, (row + 1) * count), Number),
    logits: outputs.candidateLogits.data.subarray(row * count, (row + 1) * count),
    logSumExp: outputs.logSumExp.data[row] ?? Number.NaN,
    fullLogits: () => outputs.logits.data.subarray(row * vocabularySize, (row + 1) * vocabularySize),
  };
}
