import type { CatalogTime } from './catalogs.ts'
import type { Converters } from './comparison.ts'
import type { Contender } from './contenders.ts'
import type { HostileEnd } from './contestant.ts'
import type { Spread } from './stats.ts'

/** Why there is no figure. */
export interface Missing {
  readonly missing: string
}

export type PerContender<Figure> = { [contender: string]: Figure | Missing }

export interface LoadFigures extends Omit<Spread, 'max' | 'samples'> {
  readonly concurrency: number
  readonly p99: number
  readonly perSecond: number
}

export interface MemoryFigures {
  /** Memory of all processes after the first program, in MB. */
  readonly startMB: number
  /** Highest memory while 50 programs ran at once, in MB. */
  readonly peakMB: number
  /** Memory 30 s later. Only of our sandboxes. */
  readonly restMB?: number
  /** Highest memory while 200 programs waited for a tool. Only of our sandboxes. */
  readonly waitingMB?: number
}

/** Figures of one run of the benchmark. */
export interface Results {
  readonly date: string
  readonly machine: {
    readonly node: string
    readonly processor: string
    readonly cores: number
    readonly memoryGB: number
    readonly system: string
    /** Load averages before the run. */
    readonly load: readonly number[]
  }
  readonly minutes: number
  readonly contenders: readonly Omit<Contender, 'driver' | 'nodeFlags'>[]
  /** Medians in µs of round trips, taken between the rounds. */
  readonly floor: { readonly pipe: readonly number[]; readonly thread: readonly number[] }
  /** Medians of the rounds, by row. */
  readonly rows: { [row: string]: PerContender<readonly number[]> }
  /** Times from import to first result, in ms, each in a new process. */
  readonly cold: PerContender<readonly number[]>
  readonly memory: PerContender<MemoryFigures>
  readonly loads: PerContender<readonly LoadFigures[]>
  /** Mean time of a program in ms, for each block of programs in a row. */
  readonly blocks: PerContender<readonly number[]>
  /** Cost of a call in µs by the number of calls in the program. */
  readonly calls: PerContender<readonly { readonly count: number; readonly µs: number }[]>
  readonly catalogs: readonly CatalogTime[]
  /** Converters of schemas on the tools of real servers. Undefined if only some rows were measured. */
  readonly converters?: Converters | undefined
  readonly hostile: PerContender<{ readonly [title: string]: HostileEnd | Missing }>
}

export const isMissing = (figure: object | undefined): figure is Missing => figure === undefined || 'missing' in figure
