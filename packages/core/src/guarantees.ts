import { SandboxError } from './errors.ts'

/** What an adapter promises about its sandbox, as data. The conformance suite proves each line. */
export interface Guarantees {
  /** What stands between the guest and the host's memory and event loop. */
  readonly boundary: 'process' | 'thread' | 'isolate' | 'inline' | 'remote'
  /** A program that computes for ever is stopped. */
  readonly stopsLoops: boolean
  /** A built-in that never returns is still stopped. */
  readonly stopsNativeLoops: boolean
  /** No allocation by a guest can end the host process. */
  readonly survivesOutOfMemory: boolean
  /** `hard`: an allocation past the limit fails. `soft`: it is noticed afterwards. */
  readonly memory: 'hard' | 'soft' | 'none'
  /** CPU time is measured and bounded as such; otherwise the time that turns take stands in for it. */
  readonly cpuTime: boolean
  /** One guest's crash never fails another's execution. */
  readonly isolatesCrashes: boolean
  /** The same journal on the same engine build gives the same run. */
  readonly deterministic: boolean
  /**
   * Reading a hostile program, or checking a value by a costly schema, is stopped in bounded time and memory. False on
   * sandboxes without a `ProgramReader`: there both happen on the caller's own thread, which nothing stops.
   */
  readonly stopsReading: boolean
}

/** The guarantees that an adapter gives; the sandbox around it adds the rest. */
export type AdapterGuarantees = Omit<Guarantees, 'stopsReading'>

/** From weakest to strongest, for the guarantees that are not a plain yes or no. */
const STRENGTH: { readonly [name in 'boundary' | 'memory']: readonly string[] } = {
  boundary: ['inline', 'isolate', 'thread', 'process', 'remote'],
  memory: ['none', 'soft', 'hard'],
}

/** @throws {@link SandboxError} `GUARANTEE_NOT_MET`, naming each guarantee that is required and not given */
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
  const list = lacking.map(
    ([key, value]) => `${key}: ${String(value)} (it gives ${String(given[key as keyof Guarantees])})`,
  )
  throw new SandboxError('GUARANTEE_NOT_MET', `The sandbox ${name} does not give what is required: ${list.join(', ')}`)
}
