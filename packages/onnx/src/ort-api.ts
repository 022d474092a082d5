import koffi from 'koffi';
import { MillraceError } from '@millrace/runtime';

/** A native pointer; koffi hands them out as BigInt. */
export type Pointer = bigint;

/** The version of the C API that is asked for. Its table is append-only, so the indices below hold for ever. */
const apiVersion = 22;
const tableLength = 160;

/** ORT's graph optimisers and protobuf parser recurse: koffi's default of 128 KiB is too little for them. */
const asyncStackBytes = 4 * 1024 * 1024;

const pointer = 'void *';
/** File paths are wide on Windows (`ORTCHAR_T`). */
const pathString = process.platform === 'win32' ? 'str16' : 'str';

/**
 * The functions of `OrtApi` (onnxruntime_c_api.h) that Millrace needs. Those that return an `OrtStatus*` throw
 * MillraceError `internal_error` with its message; those that fill an out parameter return it.
 */
export type OrtApi = ReturnType<typeof loadOrtApi>;

/**
 * Loads the library and reads its table of functions.
 *
 * @throws MillraceError `part_missing` if the library cannot be loaded or is too old
 */
// The return type is the table itself: writing it out would only repeat every line below.
// eslint-disable-next-line typescript/explicit-function-return-type
export function loadOrtApi(libraryPath: string) {
  const { library, table } = readTable(libraryPath);
  const address = (index: number): Pointer => table[index] as Pointer;

  const getErrorMessage = bindFunction<[Pointer], string>(address(2), 'str', [pointer]);
  const releaseStatus = bindFunction<[Pointer], void>(address(93), 'void', [pointer]);

  /** Throws what an `OrtStatus*` says; null means success. */
  const check = (status: Pointer | null): void => {
    if (status === null || status === 0n) return;
    const message = getErrorMessage(status);
    releaseStatus(status);
    throw new MillraceError('internal_error', `ONNX Runtime: ${message}`);
  };

  /** A function that returns a status and nothing else. */
  const action = <Arguments extends unknown[]>(index: number, parameters: string[]) => {
    const call = bindFunction<Arguments, Pointer | null>(address(index), pointer, parameters);
    return (...values: Arguments): void => check(call(...values));
  };

  /** A function whose last parameter is where it puts the object that it makes. */
  const creator = <Arguments extends unknown[]>(index: number, parameters: string[]) => {
    const types = [...parameters, koffi.out(koffi.pointer('void *'))];
    const call = bindFunction<[...Arguments, (Pointer | null)[]], Pointer | null>(
      address(index),
      pointer,
      types,
    );
    return (...values: Arguments): Pointer => {
      const made: (Pointer | null)[] = [null];
      check(call(...values, made));
      return made[0] as Pointer;
    };
  };

  const release = (index: number) => bindFunction<[Pointer], void>(address(index), 'void', [pointer]);

  /** The same as `action`, on a thread of its own: the event loop runs on meanwhile. */
  const asyncAction = <Arguments extends unknown[]>(index: number, parameters: string[]) => {
    const call = nativeFunction(address(index), pointer, parameters);
    return (...values: Arguments): Promise<void> =>
      new Promise((resolve, reject) => {
        call.async(...values, (error: Error | null, status: Pointer | null) => {
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

  return {
    /** koffi unloads a library whose handle is collected, and with it every function below. */
    library,
    createEnv: creator<[logLevel: number, name: string]>(3, ['int', 'str']),
    createSession: creator<[env: Pointer, path: string, options: Pointer]>(7, [pointer, pathString, pointer]),
    createSessionOptions: creator<[]>(10, []),
    setGraphOptimizationLevel: action<[options: Pointer, level: number]>(23, [pointer, 'int']),
    setIntraOpThreads: action<[options: Pointer, threads: number]>(24, [pointer, 'int']),
    createRunOptions: creator<[]>(39, []),
    setTerminate: action<[runOptions: Pointer]>(46, [pointer]),
    unsetTerminate: action<[runOptions: Pointer]>(47, [pointer]),
    createTensorWithData: creator<
      [
        memory: Pointer,
        data: ArrayBufferView,
        byteLength: number,
        shape: BigInt64Array,
        rank: number,
        type: number,
      ]
    >(49, [pointer, pointer, 'size_t', pointer, 'size_t', 'int']),
    createCpuMemoryInfo: creator<[allocator: number, memoryType: number]>(69, ['int', 'int']),
    releaseEnv: release(92),
    releaseMemoryInfo: release(94),
    releaseSession: release(95),
    releaseValue: release(96),
    releaseRunOptions: release(97),
    releaseSessionOptions: release(100),
    addSessionConfigEntry: action<[options: Pointer, key: string, value: string]>(130, [
      pointer,
      'str',
      'str',
    ]),
    runWithBinding: asyncAction<[session: Pointer, runOptions: Pointer, binding: Pointer]>(133, [
      pointer,
      pointer,
      pointer,
    ]),
    createIoBinding: creator<[session: Pointer]>(134, [pointer]),
    releaseIoBinding: release(135),
    bindInput: action<[binding: Pointer, name: string, value: Pointer]>(136, [pointer, 'str', pointer]),
    bindOutput: action<[binding: Pointer, name: string, value: Pointer]>(137, [pointer, 'str', pointer]),
  };
}

type TypeSpecification = Parameters<typeof koffi.pointer>[0];
type NativeFunction = ReturnType<ReturnType<typeof koffi.load>['func']>;

function nativeFunction(address: Pointer, result: string, parameters: TypeSpecification[]): NativeFunction {
  return koffi.decode(address, koffi.proto(result, parameters)) as NativeFunction;
}

function bindFunction<Arguments extends unknown[], Result>(
  address: Pointer,
  result: string,
  parameters: TypeSpecification[],
): (...values: Arguments) => Result {
  return nativeFunction(address, result, parameters) as (...values: Arguments) => Result;
}

interface LoadedTable {
  readonly library: ReturnType<typeof koffi.load>;
  readonly table: readonly unknown[];
}

function readTable(libraryPath: string): LoadedTable {
  try {
    if ((koffi.config().async_stack_size ?? 0) < asyncStackBytes) {
      koffi.config({ async_stack_size: asyncStackBytes });
    }
    const library = koffi.load(libraryPath);
    const base: unknown = library.func('OrtGetApiBase', pointer, [])();
    const [getApi] = koffi.decode(base, pointer, 1) as Pointer[];
    const api: unknown = koffi.call(getApi, koffi.proto(pointer, ['uint32_t']), apiVersion);
    if (api === null) throw new Error(`version ${apiVersion} of the C API is not there`);
    return { library, table: koffi.decode(api, pointer, tableLength) as unknown[] };
  } catch (error) {
    throw new MillraceError('part_missing', `The ONNX Runtime library ${libraryPath} cannot be used.`, {
      cause: error,
    });
  }
}
