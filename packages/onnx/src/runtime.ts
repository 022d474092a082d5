import { MillraceError } from '@millrace/runtime';
import {
  appendProvider,
  deviceMemoryOf,
  installedProviders,
  providerLibrary,
  requireProvider,
  type ExecutionProvider,
} from './execution-provider.ts';
import { findLibrary } from './library-path.ts';
import { loadOrtApi, type OrtApi, type Pointer } from './ort-api.ts';
import { createSession, type Session } from './session.ts';

export interface RuntimeOptions {
  /** The ONNX Runtime library; by default the one that `onnxruntime-node` installs. */
  readonly libraryPath?: string;
}

export interface SessionOptions {
  /** Threads that one operator may use. */
  readonly threads: number;
  /**
   * Whether idle threads spin for a moment before they sleep: faster steps, more processor time between them.
   * Default true.
   */
  readonly spinning?: boolean;
  /**
   * Whether a plan of the memory is kept for every shape that a graph has run with: faster where there are few. Default true.
   */
  readonly memoryPattern?: boolean;
  /** What computes the graph. Default `cpu`. */
  readonly provider?: ExecutionProvider;
  /** Name of the memory of `Session.deviceMemory`, such as `Cpu`; by default that of the provider's device, if it has one. */
  readonly deviceMemory?: string;
}

/** ONNX Runtime's environment in this process. */
export interface OnnxRuntime {
  /** What can compute a graph here. */
  readonly providers: readonly ExecutionProvider[];
  /**
   * Loads a model. Blocks the event loop until it is loaded.
   *
   * @throws MillraceError `model_invalid` if the file is missing, corrupt, or uses what ONNX Runtime does not know
   */
  createSession(modelPath: string, options: SessionOptions): Session;
  /** Closes every session that is still open (waiting for their calls in flight), then the environment. */
  close(): Promise<void>;
}

/** `ORT_LOGGING_LEVEL_ERROR` */
const logErrors = 3;
/** `OrtArenaAllocator` and `OrtMemTypeDefault`; only tensors over our own memory are made with it. */
const arenaAllocator = 1;
const defaultMemory = 0;
/** `ORT_ENABLE_ALL` */
const allOptimizations = 99;

/** ONNX Runtime has one environment in a process, which all share that open it: what is registered stays until the last has closed it. */
const registered = new Set<ExecutionProvider>();
let openRuntimes = 0;

/**
 * Loads the ONNX Runtime library.
 *
 * @throws MillraceError `part_missing` if it is not there or cannot be used
 */
export function openRuntime(options: RuntimeOptions = {}): OnnxRuntime {
  const libraryPath = options.libraryPath ?? findLibrary();
  const api = loadOrtApi(libraryPath);
  const providers = installedProviders(api.availableProviders(), libraryPath);
  const env = api.createEnv(logErrors, 'millrace');
  const memory = api.createCpuMemoryInfo(arenaAllocator, defaultMemory);
  const sessions = new Set<Session>();
  let closed = false;
  openRuntimes += 1;
  /** So that tensors can be copied to and from the provider's device. */
  const registerOnce = (provider: ExecutionProvider): void => {
    const library = providerLibrary(provider, libraryPath);
    if (library === undefined || registered.has(provider)) return;
    orPartMissing(provider, () => api.registerProviderLibrary(env, provider, library));
    registered.add(provider);
  };

  return {
    providers,
    createSession(modelPath, sessionOptions) {
      if (closed) throw new MillraceError('internal_error', 'The ONNX Runtime is closed.');
      const { provider = 'cpu' } = sessionOptions;
      requireProvider(provider, providers);
      registerOnce(provider);
      const handle = loadModel(api, env, modelPath, sessionOptions);
      const deviceMemoryName = sessionOptions.deviceMemory ?? deviceMemoryOf(provider);
      const session = createSession({
        api,
        env,
        deviceMemoryName,
        memory,
        handle,
        copiesWhenBound: provider !== 'cpu',
        onClosed: () => sessions.delete(session),
      });
      sessions.add(session);
      return session;
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...sessions].map((session) => session.close()));
      api.releaseMemoryInfo(memory);
      api.releaseEnv(env);
      openRuntimes -= 1;
      if (openRuntimes === 0) registered.clear();
    },
  };
}

function loadModel(api: OrtApi, env: Pointer, modelPath: string, options: SessionOptions): Pointer {
  const nativeOptions = api.createSessionOptions();
  try {
    const { provider = 'cpu' } = options;
    orPartMissing(provider, () => appendProvider(api, nativeOptions, provider));
    api.setGraphOptimizationLevel(nativeOptions, allOptimizations);
    api.setIntraOpThreads(nativeOptions, options.threads);
    api.addSessionConfigEntry(
      nativeOptions,
      'session.intra_op.allow_spinning',
      (options.spinning ?? true) ? '1' : '0',
    );
    if (options.memoryPattern === false) api.disableMemoryPattern(nativeOptions);
    return api.createSession(env, modelPath, nativeOptions);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'part_missing') throw error;
    throw new MillraceError('model_invalid', `The model ${modelPath} cannot be loaded.`, { cause: error });
  } finally {
    api.releaseSessionOptions(nativeOptions);
  }
}

function orPartMissing(provider: ExecutionProvider, use: () => void): void {
  try {
    use();
  } catch (cause) {
    // It says which library is missing.
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The execution provider ${provider} does not work here: ${reason}`;
    throw new MillraceError('part_missing', message, { cause });
  }
}
