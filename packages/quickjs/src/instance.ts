import type {
  EmscriptenModuleLoader,
  EmscriptenModuleLoaderOptions,
  EvalDetectModule,
  EvalFlags,
  HostRefId,
  IntrinsicsFlags,
  JSBorrowedCharPointer,
  JSContextPointer,
  JSContextPointerPointer,
  JSRuntimePointer,
  JSValueConstPointer,
  JSValueConstPointerPointer,
  JSValuePointer,
  OwnedHeapCharPointer,
  QuickJSEmscriptenModule,
  QuickJSFFI,
  QuickJSSyncVariant,
} from '@jitl/quickjs-ffi-types'

/** Value in the engine's memory, by its address. It is owned: the receiver frees it or keeps it. */
export type Value = JSValuePointer
type Borrowed = Value | JSValueConstPointer

/** Function of the host that guests can call with one string. Returns an owned value; 0 stands for `undefined`. */
type HostFunction = (text: string) => Value

/** The value of a function that returns nothing. */
export const NOTHING = 0 as Value
/** Maximum length of a text for which memory is reserved without counting its bytes first. */
const SHORT_TEXT = 4_096
const BYTES_PER_UNIT = 3
const POINTER_BYTES = 4
const MAX_ARGUMENTS = 3

/** Thrown with a value that the engine threw. */
export class Thrown extends Error {
  override readonly name = 'Thrown'
  readonly value: Value

  constructor(value: Value) {
    super('the engine threw a value')
    this.value = value
  }
}

export interface InstanceOptions {
  readonly variant: QuickJSSyncVariant
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly stackBytes: number
}

/**
 * One instance of the engine's WebAssembly, with one realm. It calls the functions of the build directly: the wrappers of
 * quickjs-emscripten-core around a call and its values take a fifth of the time of a turn.
 *
 * Two instances that take the same steps have the same values at the same addresses.
 */
export class Instance {
  /** Called every few thousand steps. If it returns true, the current call ends. */
  shouldInterrupt = () => false
  readonly #memory: WebAssembly.Memory
  readonly #module: QuickJSEmscriptenModule
  readonly #ffi: QuickJSFFI
  readonly #runtime: JSRuntimePointer
  readonly #context: JSContextPointer
  readonly #functions: HostFunction[] = []
  /** Address of the arguments of a call. */
  readonly #arguments: number
  /** Address to which the engine writes the context of the last job. */
  readonly #jobContext: number
  #bytes = new Uint8Array()
  readonly #encoder = new TextEncoder()
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  static async create(options: InstanceOptions): Promise<Instance> {
    const { variant, module, memory } = options
    const [imported, FFI] = await Promise.all([variant.importModuleLoader(), variant.importFFI()])
    const settings: EmscriptenModuleLoaderOptions & { readonly thisProgram: string } = {
      wasmMemory: memory,
      // Part of the environment in the engine's memory. Otherwise it is a path, whose length moves all that follows.
      thisProgram: 'quickjs',
      instantiateWasm: (imports, onSuccess) => {
        const instance = new WebAssembly.Instance(module, imports)
        onSuccess(instance)
        return instance.exports
      },
    }
    const loaded = await loaderOf(imported)(settings)
    return new Instance(loaded, new FFI(loaded), options)
  }

  private constructor(module: QuickJSEmscriptenModule, ffi: QuickJSFFI, { memory, stackBytes }: InstanceOptions) {
    this.#memory = memory
    this.#module = module
    this.#ffi = ffi
    // An error of a callback passes through the engine to the caller, after which the instance cannot be used again.
    module.callbacks = {
      callFunction: (_asyncify, _context, _receiver, count, values, number) =>
        this.#callHost(number, count, values) as never,
      shouldInterrupt: () => (this.shouldInterrupt() ? 1 : 0),
      freeHostRef: () => {},
      loadModuleSource: refuseModules,
      normalizeModule: refuseModules,
    }
    this.#runtime = ffi.QTS_NewRuntime()
    ffi.QTS_RuntimeSetMaxStackSize(this.#runtime, stackBytes)
    ffi.QTS_RuntimeEnableInterruptHandler(this.#runtime)
    this.#context = ffi.QTS_NewContext(this.#runtime, 0 as IntrinsicsFlags)
    this.#arguments = this.#reserve(MAX_ARGUMENTS * POINTER_BYTES)
    this.#jobContext = this.#reserve(POINTER_BYTES)
  }

  newFunction(name: string, run: HostFunction): Value {
    // Zero stands for no function.
    const number = this.#functions.push(run) as HostRefId
    return this.#ffi.QTS_NewFunction(this.#context, name, 1, false, number)
  }

  newString(text: string): Value {
    const { address } = this.#write(text)
    const value = this.#ffi.QTS_NewString(this.#context, address)
    this.#module._free(address)
    return value
  }

  /** @throws {@link Thrown}, also for a syntax error */
  evaluate(source: string, name: string): Value {
    const { address, bytes } = this.#write(source)
    const value = this.#ffi.QTS_Eval(this.#context, address, bytes, name, 0 as EvalDetectModule, 0 as EvalFlags)
    this.#module._free(address)
    return this.#returned(value)
  }

  /** @throws {@link Thrown} */
  call(func: Borrowed, ...values: readonly Borrowed[]): Value {
    new Int32Array(this.#memory.buffer, this.#arguments, MAX_ARGUMENTS).set(values)
    const receiver = this.#ffi.QTS_GetUndefined()
    const given = this.#arguments as JSValueConstPointerPointer
    return this.#returned(this.#ffi.QTS_Call(this.#context, func, receiver, values.length, given))
  }

  /**
   * Runs pending jobs. Returns their number.
   *
   * @param most maximum number of jobs
   * @throws {@link Thrown}
   */
  runJobs(most: number): number {
    const out = this.#jobContext as JSContextPointerPointer
    const value = this.#ffi.QTS_ExecutePendingJob(this.#runtime, most, out)
    const hasRun = new Int32Array(this.#memory.buffer, this.#jobContext, 1)[0] !== 0
    if (hasRun && this.#typeOf(value) !== 'number') throw new Thrown(value)
    const count = hasRun ? this.#ffi.QTS_GetFloat64(this.#context, value) : 0
    this.free(value)
    return count
  }

  getProperty(object: Borrowed, key: string): Value {
    const name = this.newString(key)
    const value = this.#ffi.QTS_GetProp(this.#context, object, name)
    this.free(name)
    return value
  }

  /** Returns a property if it is a string, otherwise an empty string. */
  getText(object: Borrowed, key: string): string {
    const value = this.getProperty(object, key)
    const text = this.#typeOf(value) === 'string' ? this.#getString(value) : ''
    this.free(value)
    return text
  }

  free(value: Value): void {
    this.#ffi.QTS_FreeValuePointer(this.#context, value)
  }

  #returned(value: Value): Value {
    const error = this.#ffi.QTS_ResolveException(this.#context, value)
    if (error === NOTHING) return value
    this.free(value)
    throw new Thrown(error)
  }

  #callHost(number: HostRefId, count: number, values: JSValueConstPointer): Value {
    const run = this.#functions[number - 1] as HostFunction
    if (count === 0) return run('')
    return run(this.#getString(this.#ffi.QTS_ArgvGetJSValueConstPointer(values, 0)))
  }

  #getString(value: Borrowed): string {
    const address = this.#ffi.QTS_GetString(this.#context, value)
    const text = this.#read(address)
    this.#ffi.QTS_FreeCString(this.#context, address)
    return text
  }

  #typeOf(value: Value): string {
    const address = this.#ffi.QTS_Typeof(this.#context, value)
    const text = this.#read(address)
    this.#module._free(address)
    return text
  }

  #read(address: JSBorrowedCharPointer | OwnedHeapCharPointer): string {
    const bytes = this.#view()
    return this.#decoder.decode(bytes.subarray(address, bytes.indexOf(0, address)))
  }

  /** Writes a text with a zero after it. The caller frees it. */
  #write(text: string): { readonly address: OwnedHeapCharPointer; readonly bytes: number } {
    const most = text.length > SHORT_TEXT ? this.#module.lengthBytesUTF8(text) : text.length * BYTES_PER_UNIT
    const address = this.#reserve(most + 1) as OwnedHeapCharPointer
    const memory = this.#view()
    const { written } = this.#encoder.encodeInto(text, memory.subarray(address, address + most))
    memory[address + written] = 0
    return { address, bytes: written }
  }

  #reserve(bytes: number): number {
    const address = this.#module._malloc(bytes)
    if (address === 0) throw new Error('the engine has run out of memory')
    return address
  }

  #view(): Uint8Array {
    // Growing replaces the buffer.
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = new Uint8Array(this.#memory.buffer)
    return this.#bytes
  }
}

type Loader = EmscriptenModuleLoader<QuickJSEmscriptenModule>

/** Returns the loader from a module namespace, which bundlers may nest. */
function loaderOf(imported: Awaited<ReturnType<QuickJSSyncVariant['importModuleLoader']>>): Loader {
  return typeof imported === 'function' ? imported : loaderOf((imported as { readonly default: Loader }).default)
}

function refuseModules(): never {
  throw new Error('guests have no modules')
}
