import { MillraceError } from '@millrace/runtime';
import type { OrtApi, Pointer } from './ort-api.ts';
import type { NamedTensors } from './session.ts';
import type { BoundTensor } from './tensor.ts';

export interface RunOptions {
  /** Ends the run at the next operator; what it has written by then is undefined. */
  readonly signal?: AbortSignal;
}

/** Inputs and outputs tied to tensors, built once and run many times: a run only reads and writes their memory. */
export interface Binding {
  /**
   * Runs the graph on a thread of its own; the event loop runs on. One run at a time.
   *
   * @throws MillraceError `cancelled` if the signal ended it, `engine_failed` if the graph failed,
   *   `internal_error` if a run is in flight or the binding is closed
   */
  run(options?: RunOptions): Promise<void>;
  /** Waits for the run in flight, then releases the binding; the tensors stay. */
  close(): Promise<void>;
}

export interface BindingParts {
  readonly api: OrtApi;
  readonly session: Pointer;
  readonly inputs: NamedTensors;
  readonly outputs: NamedTensors;
  /** Whether an input in main memory is copied to the device when it is bound, and so has to be bound again for each run. */
  readonly copiesWhenBound: boolean;
  readonly onClosed: () => void;
}

export function createBinding({
  api,
  session,
  inputs,
  outputs,
  copiesWhenBound,
  onClosed,
}: BindingParts): Binding {
  const handle = api.createIoBinding(session);
  const runOptions = api.createRunOptions();
  // The native side holds bare pointers: whoever holds the binding holds the tensors, and so their ArrayBuffers.
  const owned = { inputs, outputs };
  let running: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const releaseHandles = (): void => {
    api.releaseIoBinding(handle);
    api.releaseRunOptions(runOptions);
  };

  try {
    for (const [name, tensor] of Object.entries(owned.inputs)) api.bindInput(handle, name, tensor.handle);
    for (const [name, tensor] of Object.entries(owned.outputs)) api.bindOutput(handle, name, tensor.handle);
  } catch (error) {
    releaseHandles();
    throw error;
  }

  const copied = copiesWhenBound ? Object.entries(inputs).filter(([, tensor]) => isInMainMemory(tensor)) : [];

  const execute = async (signal: AbortSignal | undefined): Promise<void> => {
    // Terminate is sticky: one that came too late for its run must not end the next.
    api.unsetTerminate(runOptions);
    const terminate = (): void => api.setTerminate(runOptions);
    signal?.addEventListener('abort', terminate, { once: true });
    try {
      for (const [name, tensor] of copied) api.bindInput(handle, name, tensor.handle);
      await api.runWithBinding(session, runOptions, handle);
    } catch (error) {
      if (signal?.aborted === true)
        throw new MillraceError('cancelled', 'The run was cancelled.', { cause: error });
      throw new MillraceError('engine_failed', 'A run of the model failed.', { cause: error });
    } finally {
      signal?.removeEventListener('abort', terminate);
      running = undefined;
    }
  };

  const settleAndRelease = async (): Promise<void> => {
    // Whoever called run() is told how it ended; here only its end matters.
    if (running !== undefined) await Promise.allSettled([running]);
    releaseHandles();
    onClosed();
  };

  return {
    async run({ signal } = {}) {
      if (closing !== undefined) throw new MillraceError('internal_error', 'The binding is closed.');
      if (running !== undefined) throw new MillraceError('internal_error', 'The binding is running.');
      if (signal?.aborted === true) throw new MillraceError('cancelled', 'The run was cancelled.');
      running = execute(signal);
      await running;
    },
    close() {
      closing ??= settleAndRelease();
      return closing;
    },
  };
}

function isInMainMemory(tensor: BoundTensor): boolean {
  return 'data' in tensor;
}
