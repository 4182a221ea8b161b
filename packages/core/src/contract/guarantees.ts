import { SandboxError } from './errors.ts'

/** The security properties of a sandbox. The conformance suite tests each of them for every adapter. */
export interface Guarantees {
  /** Isolation between the guest and the host's memory and event loop. */
  readonly boundary: 'process' | 'thread' | 'isolate' | 'inline' | 'remote'
  /** Whether an endless loop in a program is stopped. */
  readonly stopsLoops: boolean
  /** Whether a native function that does not return is stopped. */
  readonly stopsNativeLoops: boolean
  /** Whether the host process survives every allocation that a guest makes. */
  readonly survivesOutOfMemory: boolean
  /**
   * How the memory limit is enforced. `hard`: an allocation beyond the limit fails. `soft`: the excess is detected
   * afterwards. `none`: it is not enforced.
   */
  readonly memory: 'hard' | 'soft' | 'none'
  /** Whether CPU time is measured and limited. If false, the elapsed time of turns is limited instead. */
  readonly cpuTime: boolean
  /** Whether executions continue when the guest of another execution crashes. */
  readonly isolatesCrashes: boolean
  /** Whether the same run log on the same engine build produces the same run. */
  readonly deterministic: boolean
  /**
   * Whether parsing a hostile program and validating a value against a costly schema take bounded time and memory.
   * False for sandboxes without a `ProgramReader`, which do both on the caller's thread.
   */
  readonly stopsReading: boolean
}

/** The guarantees that an adapter declares. `createSandbox` adds `stopsReading`. */
export type AdapterGuarantees = Omit<Guarantees, 'stopsReading'>

/** Values from weakest to strongest, for the guarantees that are not boolean. */
const STRENGTH: { readonly [name in 'boundary' | 'memory']: readonly string[] } = {
  boundary: ['inline', 'isolate', 'thread', 'process', 'remote'],
  memory: ['none', 'soft', 'hard'],
}

/**
 * Checks that a sandbox meets the required guarantees. A stronger guarantee than required is accepted.
 *
 * @param name name of the sandbox, for the error message
 * @throws {@link SandboxError} `GUARANTEE_NOT_MET` that lists the missing guarantees; `TypeError` for an unknown name
 */
export function requireGuarantees(name: string, given: Guarantees, required: Partial<Guarantees> = {}): void {
  const lacking = Object.entries(required).filter(([key, value]) => {
    if (!Object.hasOwn(given, key)) throw new TypeError(`Unknown guarantee ${key}`)
    const actual = given[key as keyof Guarantees]
    if (key === 'boundary' || key === 'memory') {
      return STRENGTH[key].indexOf(String(actual)) < STRENGTH[key].indexOf(String(value))
    }
    return value === true && actual !== true
  })
  if (lacking.length === 0) return
  const list = lacking.map(([key, value]) => `${key}: ${String(value)} (got ${String(given[key as keyof Guarantees])})`)
  throw new SandboxError(
    'GUARANTEE_NOT_MET',
    `The sandbox ${name} does not meet the required guarantees: ${list.join(', ')}`,
  )
}
