import koffi from 'koffi';
import { MillraceError } from '@millrace/runtime';

/** A native pointer; koffi hands them out as BigInt. */
export type Pointer = bigint;

/**
 * The functions of `OrtApi` (onnxruntime_c_api.h) that Millrace needs. Where the C function returns an `OrtStatus*`,
 * a failure is thrown as MillraceError `internal_error` with its message; what goes out through a last parameter is
 * returned.
 */
export interface OrtApi {
  createEnv(logLevel: number, name: string): Pointer;
  createSession(env: Pointer, path: string, options: Pointer): Pointer;
  createSessionOptions(): Pointer;
  setGraphOptimizationLevel(options: Pointer, level: number): void;
  setIntraOpThreads(options: Pointer, threads: number): void;
  addSessionConfigEntry(options: Pointer, key: string, value: string): void;
  disableMemoryPattern(options: Pointer): void;
  inputNames(session: Pointer): readonly string[];
  outputNames(session: Pointer): readonly string[];
  createRunOptions(): Pointer;
  setTerminate(runOptions: Pointer): void;
  unsetTerminate(runOptions: Pointer): void;
  createCpuMemoryInfo(allocator: number, memoryType: number): Pointer;
  createTensorWithData(
    memory: Pointer,
    data: ArrayBufferView | Pointer,
    byteLength: number,
    shape: BigInt64Array,
    rank: number,
    elementType: number,
  ): Pointer;
  createMemoryInfo(name: string, allocator: number, device: number, memoryType: number): Pointer;
  createAllocator(session: Pointer, memory: Pointer): Pointer;
  releaseAllocator(allocator: Pointer): void;
  /** A tensor in the memory of the allocator. */
  createTensor(allocator: Pointer, shape: BigInt64Array, rank: number, elementType: number): Pointer;
  getTensorData(tensor: Pointer): Pointer;
  /** Bytes of the main memory, wherever they are. */
  viewMemory(address: Pointer, byteLength: number): Uint8Array;
  /** Copies tensors one by one, whatever memory they are in. */
  copyTensors(
    env: Pointer,
    sources: BigUint64Array,
    targets: BigUint64Array,
    stream: null,
    count: number,
  ): void;
  /** Names of the providers that the library was built with. */
  availableProviders(): readonly string[];
  appendProvider(options: Pointer, name: string, keys: null, values: null, count: 0): void;
  createCudaOptions(): Pointer;
  appendCuda(options: Pointer, cudaOptions: Pointer): void;
  releaseCudaOptions(cudaOptions: Pointer): void;
  registerProviderLibrary(env: Pointer, name: string, path: string): void;
  createIoBinding(session: Pointer): Pointer;
  bindInput(binding: Pointer, name: string, value: Pointer): void;
  bindOutput(binding: Pointer, name: string, value: Pointer): void;
  /** Runs on a thread of its own: the event loop runs on meanwhile. */
  runWithBinding(session: Pointer, runOptions: Pointer, binding: Pointer): Promise<void>;
  releaseEnv(env: Pointer): void;
  releaseMemoryInfo(memory: Pointer): void;
  releaseSession(session: Pointer): void;
  releaseValue(value: Pointer): void;
  releaseRunOptions(runOptions: Pointer): void;
  releaseSessionOptions(options: Pointer): void;
  releaseIoBinding(binding: Pointer): void;
  /** koffi unloads a library whose handle is collected, and with it every function above: so it is kept here. */
  readonly library: object;
}

/** The version of the C API that is asked for. Its table is append-only, so the indices below hold for ever. */
const apiVersion = 23;
const tableLength = 387;

/** ORT's graph optimisers and kernels need more stack than koffi's default of 128 KiB for asynchronous calls. */
const asyncStackBytes = 4 * 1024 * 1024;

const pointer = 'void *';
/** File paths are wide on Windows (`ORTCHAR_T`). */
const pathString = process.platform === 'win32' ? 'str16' : 'str';

/**
 * Loads the library and reads its table of functions.
 *
 * @throws MillraceError `part_missing` if the library cannot be loaded or is too old
 */
export function loadOrtApi(libraryPath: string): OrtApi {
  const { library, table } = readTable(libraryPath);
  const native = (index: number, result: string, parameters: TypeSpecification[]): NativeFunction =>
    koffi.decode(table[index], koffi.proto(result, parameters)) as NativeFunction;

  const getErrorMessage = native(2, 'str', [pointer]);
  const releaseStatus = native(93, 'void', [pointer]);

  /** Throws what an `OrtStatus*` says; null means success. */
  const check = (status: unknown): void => {
    if (status === null || status === 0n) return;
    const message = String(getErrorMessage(status));
    releaseStatus(status);
    throw new MillraceError('internal_error', `ONNX Runtime: ${message}`);
  };

  /** A function that returns a status and nothing else. */
  const action = (index: number, ...parameters: string[]) => {
    const call = native(index, pointer, parameters);
    return (...values: unknown[]): void => check(call(...values));
  };

  /** The same as `action`, on a thread of its own. */
  const asyncAction = (index: number, ...parameters: string[]) => {
    const call = native(index, pointer, parameters);
    return (...values: unknown[]): Promise<void> =>
      new Promise((resolve, reject) => {
        call.async(...values, (error: Error | null, status: unknown) => {
          try {
            if (error !== null) throw error;
            check(status);
            resolve();
          } catch (failure) {
            reject(failure);
          }
        });
      });
  };

  /** A function whose last parameter is where it puts the object that it makes. */
  const creator = (index: number, ...parameters: string[]) => {
    const call = native(index, pointer, [...parameters, koffi.out(koffi.pointer('void *'))]);
    return (...values: unknown[]): Pointer => {
      const made: (Pointer | null)[] = [null];
      check(call(...values, made));
      return made[0] as Pointer;
    };
  };

  const release = (index: number) => {
    const call = native(index, 'void', [pointer]);
    return (object: Pointer): void => {
      call(object);
    };
  };

  const defaultAllocator = creator(78);
  const freeWithAllocator = action(76, pointer, pointer);
  /** Names of a session's values, by the functions that count them and that name one. */
  const valueNames = (countIndex: number, nameIndex: number) => {
    const getCount = native(countIndex, pointer, [pointer, koffi.out(koffi.pointer('size_t'))]);
    const getName = creator(nameIndex, pointer, 'size_t', pointer);
    return (session: Pointer): readonly string[] => {
      const counted = [0];
      check(getCount(session, counted));
      const allocator = defaultAllocator();
      return Array.from({ length: Number(counted[0]) }, (_, index) => {
        const name = getName(session, index, allocator);
        const text = koffi.decode(name, 'char', -1) as string;
        freeWithAllocator(allocator, name);
        return text;
      });
    };
  };

  const getAvailableProviders = native(125, pointer, [
    koffi.out(koffi.pointer('void *')),
    koffi.out(koffi.pointer('int')),
  ]);
  const releaseAvailableProviders = action(126, pointer, 'int');

  return {
    createMemoryInfo: creator(68, 'str', 'int', 'int', 'int'),
    createAllocator: creator(131, pointer, pointer),
    releaseAllocator: release(132),
    createTensor: creator(48, pointer, pointer, 'size_t', 'int'),
    getTensorData: creator(51, pointer),
    viewMemory: (address, byteLength) => new Uint8Array(koffi.view(address, byteLength)),
    copyTensors: action(386, pointer, pointer, pointer, pointer, 'size_t'),
    availableProviders() {
      const names: (Pointer | null)[] = [null];
      const count = [0];
      check(getAvailableProviders(names, count));
      const [list = null] = names;
      const [length = 0] = count;
      const found = koffi.decode(list, 'char *', length) as readonly string[];
      releaseAvailableProviders(list, length);
      return found;
    },
    appendProvider: action(216, pointer, 'str', pointer, pointer, 'size_t'),
    appendCuda: action(204, pointer, pointer),
    createCudaOptions: creator(205),
    releaseCudaOptions: release(208),
    registerProviderLibrary: action(301, pointer, 'str', pathString),
    createEnv: creator(3, 'int', 'str'),
    createSession: creator(7, pointer, pathString, pointer),
    disableMemoryPattern: action(17, pointer),
    inputNames: valueNames(30, 36),
    outputNames: valueNames(31, 37),
    createSessionOptions: creator(10),
    setGraphOptimizationLevel: action(23, pointer, 'int'),
    setIntraOpThreads: action(24, pointer, 'int'),
    createRunOptions: creator(39),
    setTerminate: action(46, pointer),
    unsetTerminate: action(47, pointer),
    createTensorWithData: creator(49, pointer, pointer, 'size_t', pointer, 'size_t', 'int'),
    createCpuMemoryInfo: creator(69, 'int', 'int'),
    releaseEnv: release(92),
    releaseMemoryInfo: release(94),
    releaseSession: release(95),
    releaseValue: release(96),
    releaseRunOptions: release(97),
    releaseSessionOptions: release(100),
    addSessionConfigEntry: action(130, pointer, 'str', 'str'),
    runWithBinding: asyncAction(133, pointer, pointer, pointer),
    createIoBinding: creator(134, pointer),
    releaseIoBinding: release(135),
    bindInput: action(136, pointer, 'str', pointer),
    bindOutput: action(137, pointer, 'str', pointer),
    library,
  };
}

type TypeSpecification = string | ReturnType<typeof koffi.out>;
type Library = ReturnType<typeof koffi.load>;
type NativeFunction = ((...values: unknown[]) => unknown) & Pick<ReturnType<Library['func']>, 'async'>;

function readTable(libraryPath: string): { readonly library: Library; readonly table: readonly unknown[] } {
  try {
    if ((koffi.config().async_stack_size ?? 0) < asyncStackBytes) {
      koffi.config({ async_stack_size: asyncStackBytes });
    }
    const library = koffi.load(libraryPath);
    const base: unknown = library.func('OrtGetApiBase', pointer, [])();
    const [getApi] = koffi.decode(base, pointer, 1) as unknown[];
    const api: unknown = koffi.call(getApi, koffi.proto(pointer, ['uint32_t']), apiVersion);
    if (api === null) throw new Error(`version ${apiVersion} of the C API is not there`);
    return { library, table: koffi.decode(api, pointer, tableLength) as unknown[] };
  } catch (error) {
    throw new MillraceError('part_missing', `The ONNX Runtime library ${libraryPath} cannot be used.`, {
      cause: error,
    });
  }
}
