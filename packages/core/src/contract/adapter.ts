import type { AdapterGuarantees } from './guarantees.ts'

/**
 * Starts guests on one engine. An adapter starts and terminates guests, transfers messages, and enforces the limits
 * that only the engine can enforce. The sandbox does everything else, in the same way for all adapters. An adapter
 * receives validated options with defaults applied.
 */
export interface SandboxAdapter extends AsyncDisposable {
  /** Name of the adapter, for error messages and telemetry. */
  readonly name: string
  /** Identifies the exact engine build. A run is only guaranteed to replay on the build that recorded it. */
  readonly engine: string
  /** Security properties of the guests. */
  readonly guarantees: AdapterGuarantees
  /**
   * Starts a guest that waits for its program. Its realm exists and the runtime is evaluated.
   *
   * @throws `SandboxError` `SANDBOX_UNAVAILABLE` with an install hint; `SandboxError` `SANDBOX_CLOSED`; the signal's
   *   reason if aborted
   */
  start(init: GuestInit): Promise<Guest>
  /** Terminates every guest and releases every thread, process, file and socket. Idempotent. */
  close(): Promise<void>
}

/** Options for starting a guest. */
export interface GuestInit {
  /** Runtime to evaluate in the guest. It is constant per build, so results derived from it can be cached by its id. */
  readonly runtime: GuestRuntime
  /** Maximum heap size in bytes. */
  readonly memoryBytes: number
  /** Maximum stack size in bytes. */
  readonly stackBytes: number
  /** Whether the guest must have a process or thread that it shares with no other guest. */
  readonly alone: boolean
  /** Aborts the start. */
  readonly signal?: AbortSignal
}

/**
 * The JavaScript code that runs in every guest.
 *
 * An engine with `Intl` must run with American English and UTC as its defaults: `TZ=UTC`, `LC_ALL=en_US.UTF-8`.
 */
export interface GuestRuntime {
  /** Identifies the build of the runtime. */
  readonly id: string
  /**
   * Expression of a function `(post, library, intl) => ({ load(program), receive(message) })`:
   *
   * - `post(message)` sends a message to the host.
   * - `library(name)` evaluates the text of that library in the guest's realm and returns the resulting function.
   * - `intl(request)` is the result of `createIntlService()` from `@glovebox/core/guest`, created separately for each
   *   guest. Only engines without `Intl` pass it.
   */
  readonly source: string
  /** Texts of large, rarely used parts by name. Each text is an expression. Guests load a library on first use. */
  readonly libraries: { readonly [name: string]: string }
}

/** A program that a guest can run. */
export interface Program {
  /** File name of the program in stacks. */
  readonly name: string
  /**
   * One async function expression in strict mode that has been parsed successfully. It starts with as many spaces as
   * `export default ` has characters, so that engines that load modules can write that prefix over them.
   */
  readonly source: string
}

/** One guest: a fresh realm that runs one program. */
export interface Guest {
  /** Starts the program. Called exactly once. Does not throw for faults of the guest. */
  run(init: RunInit): void
  /** Sends a message to the guest. Called after `run`, also while earlier turns run. Does nothing after the exit. */
  send(message: string): void
  /** Resolves when the guest has exited. Never rejects. No callback is called after it has settled. */
  readonly exited: Promise<GuestExit>
  /** Terminates the guest. Resolves when none of its code can run. Idempotent. */
  terminate(): Promise<void>
}

/** Options for running a program in a guest. */
export interface RunInit {
  /** Program to run. */
  readonly program: Program
  /** First message for the guest. It contains the random seed and the clock. */
  readonly first: string
  /** Limits that the adapter enforces. */
  readonly limits: {
    /** Maximum CPU time of all turns together in milliseconds. */
    readonly cpuTimeMs: number
    /** Maximum elapsed time of one turn in milliseconds. */
    readonly turnMs: number
    /** Maximum size of all messages that the guest sends in one turn. Adapters may count UTF-16 code units as bytes. */
    readonly outputBytes: number
  }
  /** Receives messages from the guest in order, also during a turn. Must not be called from within `run` or `send`. */
  onOutput(messages: readonly string[]): void
  /**
   * Called once for each message to the guest, in order. At that point the job queue is empty and the turn's output has
   * been delivered.
   */
  onTurn(turn: Turn): void
}

/** The end of one turn: the work that a guest does in response to one message. */
export interface Turn {
  /** Number of the message, from 0 for `first`. */
  readonly index: number
  /** CPU time of all turns so far in milliseconds. Absent if the adapter does not measure it. */
  readonly cpuTimeMs?: number
  /** Heap size after the turn in bytes. Absent if the adapter does not measure it. */
  readonly memoryBytes?: number
  /** Set if the engine rejected the program or the runtime failed. Not set for errors that the program throws. */
  readonly failed?: {
    /** `syntax` if the engine rejected the program, `runtime` if the runtime failed. */
    readonly kind: 'syntax' | 'runtime'
    /** Name of the error. */
    readonly name: string
    /** Message of the error. */
    readonly message: string
    /** Line in the program's source, from 1. */
    readonly line?: number
    /** Column in the program's source, from 1. */
    readonly column?: number
  }
}

/**
 * Why a guest exited, and its total CPU time in milliseconds, if measured. `terminated`: `terminate()` or `close()` was
 * called.
 */
export type GuestExit = { readonly cpuTimeMs?: number } & (
  | { readonly why: 'terminated' }
  /** The guest exceeded a limit. `detail` is set if the limit was not one of the guest's own limits. */
  | { readonly why: 'limit'; readonly limit: 'memory' | 'stack' | 'cpu' | 'turn' | 'output'; readonly detail?: string }
  /** The guest crashed, and no other guest can be the cause. */
  | { readonly why: 'crashed'; readonly detail: string }
  /**
   * The guest lost its shared worker. The run can be repeated in another guest. `running`: the guest was in a turn, so
   * it may be the cause.
   */
  | { readonly why: 'lost'; readonly running: boolean; readonly detail: string }
)
