/** `@glovebox/quickjs/inline`: QuickJS on the caller's thread, for browsers and edge runtimes without threads. */
import {
  assertKnownOptions,
  checkMemoryLimit,
  createSandbox,
  type Guest,
  type GuestExit,
  type GuestInit,
  type RunInit,
  type Sandbox,
  type SandboxAdapter,
  SandboxError,
} from '@glovebox/core/adapter'
import type { QuickJSSyncVariant } from '@jitl/quickjs-ffi-types'
import { Engine, type EngineGuest } from '../engine.ts'
import { ENGINE } from '../engine-build.ts'
import { MODULE_PAGES } from '../memory.ts'
import { MEMORY_BYTES } from '../memory-limit.ts'

export interface QuickJSInlineOptions {
  /** The default export of `@jitl/quickjs-wasmfile-release-sync`, or its module namespace. */
  readonly variant: QuickJSSyncVariant | { readonly default: QuickJSSyncVariant }
  /** Compiled WebAssembly of the variant. */
  readonly module: WebAssembly.Module
}

/**
 * Creates a sandbox that runs programs on the caller's thread. Use it for trusted programs, or if the caller's thread
 * may block: nothing stops a built-in that the engine's interrupt cannot stop.
 *
 * @throws `TypeError` if an option is missing or unknown
 */
export function quickjsInline(options: QuickJSInlineOptions): Sandbox {
  // JavaScript callers may omit the options.
  const { variant, module } = (options ?? {}) as Partial<QuickJSInlineOptions>
  if (variant === undefined || !(module instanceof WebAssembly.Module))
    throw new TypeError(
      'quickjsInline needs `variant`, of @jitl/quickjs-wasmfile-release-sync, and `module`, its compiled WebAssembly',
    )
  assertKnownOptions('quickjsInline()', options, ['variant', 'module'])
  return createSandbox(new InlineAdapter(options), { ready: 1 })
}

/**
 * Stack limit of the engine in bytes. The engine also recurses on the caller's stack, which is about 1 MB and fills
 * several times faster than the engine's count.
 */
const STACK_BYTES = 256 * 1024

class InlineAdapter implements SandboxAdapter {
  readonly name = 'quickjs-inline'
  readonly engine = ENGINE
  readonly guarantees = {
    boundary: 'inline',
    stopsLoops: true,
    stopsNativeLoops: false,
    survivesOutOfMemory: true,
    memory: 'hard',
    cpuTime: false,
    isolatesCrashes: false,
    deterministic: true,
  } as const
  readonly #options: QuickJSInlineOptions
  readonly #guests = new Set<InlineGuest>()
  #engine: Engine | undefined
  #isClosed = false

  constructor(options: QuickJSInlineOptions) {
    this.#options = options
  }

  async start({ runtime, memoryBytes }: GuestInit): Promise<Guest> {
    if (this.#isClosed) throw new SandboxError('SANDBOX_CLOSED', 'The QuickJS sandbox is closed')
    checkMemoryLimit(this.name, memoryBytes, MEMORY_BYTES)
    const { variant: given, module } = this.#options
    const variant = 'default' in given ? given.default : given
    this.#engine ??= new Engine({ variant, module, initialPages: MODULE_PAGES, runtime, now: () => performance.now() })
    const engine = this.#engine
    const made = await engine.makeGuest(memoryBytes, STACK_BYTES)
    const guest = new InlineGuest(made, () => engine.retire(made))
    this.#guests.add(guest)
    guest.exited.then(() => this.#guests.delete(guest))
    return guest
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#guests].map((guest) => guest.terminate()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

class InlineGuest implements Guest {
  readonly exited: Promise<GuestExit>
  readonly #resolveExited: (exit: GuestExit) => void
  readonly #retire: () => void
  #engine: EngineGuest | undefined

  constructor(engine: EngineGuest, retire: () => void) {
    this.#engine = engine
    this.#retire = retire
    const exited = Promise.withResolvers<GuestExit>()
    this.exited = exited.promise
    this.#resolveExited = exited.resolve
  }

  run(init: RunInit): void {
    this.#later((engine) =>
      engine.run({
        ...init,
        // If a callback ends the guest, the remaining callbacks of the turn are not called.
        onOutput: (messages) => this.#engine && init.onOutput(messages),
        onTurn: (turn, messages) => {
          if (messages.length > 0) init.onOutput(messages)
          if (this.#engine) init.onTurn(turn)
        },
      }),
    )
  }

  send(message: string): void {
    this.#later((engine) => engine.send(message))
  }

  async terminate(): Promise<void> {
    if (this.#engine !== undefined) this.#retire()
    this.#exit({ why: 'terminated' })
  }

  /** Runs a turn in a microtask, so that callbacks are never called from within `run` or `send`. */
  #later(turn: (engine: EngineGuest) => GuestExit | undefined): void {
    queueMicrotask(() => {
      const engine = this.#engine
      const exit = engine && turn(engine)
      if (exit !== undefined) this.#exit({ ...exit, cpuTimeMs: (engine as EngineGuest).cpuTimeMs })
    })
  }

  #exit(exit: GuestExit): void {
    this.#engine = undefined
    this.#resolveExited(exit)
  }
}
