import { openRuntime, type ElementType, type Session } from '@millrace/onnx';
import { MillraceError } from '@millrace/runtime';

/** What a graph is given, row-major. */
export interface GraphInput {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A loaded graph, run once at a time, off the event loop. */
export interface Graph {
  readonly inputNames: readonly string[];
  /**
   * @param shape of the output `logits`
   * @throws the signal's reason; MillraceError `engine_failed`, `internal_error` once it is closed
   */
  run(
    inputs: Readonly<Record<string, GraphInput>>,
    shape: readonly number[],
    signal: AbortSignal,
  ): Promise<Float32Array>;
  /** Waits for the run in flight, and releases the model. */
  close(): Promise<void>;
}

const output = 'logits';

/** @throws MillraceError `model_invalid`, `part_missing` */
export function openGraph(file: string, threads: number): Graph {
  const runtime = openRuntime();
  let session: Session;
  try {
    // Hardly two batches have the same shape, and between them the processors are for others.
    session = runtime.createSession(file, { threads, spinning: false, memoryPattern: false });
  } catch (error) {
    void runtime.close();
    throw error;
  }
  if (!session.outputNames.includes(output)) {
    void runtime.close();
    throw new MillraceError(
      'model_invalid',
      `The model ${file} has no output ${output}: it has ${session.outputNames.join(', ')}.`,
    );
  }
  let last: Promise<unknown> = Promise.resolve();

  const run: Graph['run'] = async (inputs, shape, signal) => {
    signal.throwIfAborted();
    const logits = session.createTensor('float32', shape);
    const made = Object.entries(inputs).map(([name, input]) => [name, fill(session, input)] as const);
    try {
      const binding = session.bind(Object.fromEntries(made), { [output]: logits });
      try {
        await binding.run({ signal });
      } finally {
        await binding.close();
      }
      return logits.data;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      for (const [, tensor] of made) tensor.release();
      logits.release();
    }
  };

  return {
    inputNames: session.inputNames,
    async run(...parameters) {
      const turn = last;
      const done = Promise.withResolvers<void>();
      last = done.promise;
      try {
        await turn;
        return await run(...parameters);
      } finally {
        done.resolve();
      }
    },
    close: () => runtime.close(),
  };
}

function fill(session: Session, { type, shape, values }: GraphInput) {
  const tensor = session.createTensor(type, shape);
  const { data } = tensor;
  if (data instanceof BigInt64Array)
    for (let index = 0; index < values.length; index += 1) data[index] = BigInt(values[index] as number);
  else data.set(values);
  return tensor;
}
