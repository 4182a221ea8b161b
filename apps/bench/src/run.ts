import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { CatalogTime } from './catalogs.ts'
import type { Converters } from './comparison.ts'
import { type Contender, findContenders } from './contenders.ts'
import type { HostileEnd } from './contestant.ts'
import { pipeRoundTrip, threadRoundTrip } from './floor.ts'
import { memoryOf } from './processes.ts'
import {
  isMissing,
  type LoadFigures,
  type MemoryFigures,
  type Missing,
  type PerContender,
  type Results,
} from './results.ts'
import { Session, Silence } from './session.ts'
import { median, quantile, spreadOf } from './stats.ts'
import { HOSTILE, ROWS } from './workload.ts'

export interface RunOptions {
  readonly quick: boolean
  /** Ids of the contenders. Default: all that are installed. */
  readonly only?: readonly string[] | undefined
  /** Ids of the rows. If given, nothing else is measured. */
  readonly rows?: readonly string[] | undefined
  /** Reports what is measured. */
  progress(text: string): void
}

const ROUNDS = 8
/** Time for one contender in one row, over all rounds, in ms. */
const ROW_BOX_MS = 25_000
const COLD_STARTS = 7
const CONCURRENCY = [1, 10, 50, 200, 1_000]
/** Highest concurrency at which peers are measured. */
const PEER_CONCURRENCY = 50
const BURST = 50
/** Interval in which memory is read, in ms. */
const MEMORY_MS = 20
const BURSTS = 5
const REST_MS = 30_000
const WAITING = 200
const CALL_COUNTS = [1, 10, 100, 1_000, 10_000]
const BLOCK = 500
const BLOCKS = 20
const BLOCKS_BOX_MS = 90_000
const HOSTILE_LIMITS = { timeoutMs: 1_000, memoryBytes: 64 * 1024 * 1024 }
const HOSTILE_BOX_MS = 6_000

/** Measures every contender. Each one has a process of its own, and all take turns within each round. */
export async function runBenchmark({ quick, only, rows: chosen, progress }: RunOptions): Promise<Results> {
  const started = performance.now()
  const load = loadavg()
  const all = await findContenders()
  assertKnown('engine', only, all)
  assertKnown('row', chosen, ROWS)
  const contenders = all.filter(({ id }) => only === undefined || only.includes(id))
  const bench = new Benchmark(contenders, quick, progress)
  try {
    const rows = await bench.rows(
      ROWS.filter(({ id }) => chosen === undefined || chosen.includes(id)).map(({ id }) => id),
    )
    const isWhole = chosen === undefined
    return {
      date: new Date().toISOString(),
      machine: {
        node: process.version,
        processor: cpus()[0]?.model ?? 'unknown',
        cores: cpus().length,
        memoryGB: Math.round(totalmem() / 1e9),
        system: `${process.platform} ${release()}`,
        load,
      },
      contenders: contenders.map(({ driver, nodeFlags, ...contender }) => contender),
      rows,
      cold: isWhole ? await bench.cold() : {},
      memory: isWhole ? await bench.memory() : {},
      loads: isWhole ? await bench.loads() : {},
      calls: isWhole ? await bench.calls() : {},
      blocks: isWhole ? await bench.blocks() : {},
      catalogs: isWhole ? await declareInNewProcess() : [],
      converters: isWhole ? await compareConverters(quick) : undefined,
      hostile: isWhole ? await bench.hostile() : {},
      floor: bench.floor,
      minutes: (performance.now() - started) / 60_000,
    }
  } finally {
    bench.kill()
  }
}

class Benchmark {
  readonly floor = { pipe: [] as number[], thread: [] as number[] }
  readonly #contenders: readonly Contender[]
  readonly #rounds: number
  readonly #quick: boolean
  readonly #progress: (text: string) => void
  readonly #sessions = new Map<string, Session>()

  constructor(contenders: readonly Contender[], quick: boolean, progress: (text: string) => void) {
    this.#contenders = contenders
    this.#quick = quick
    this.#rounds = quick ? 3 : ROUNDS
    this.#progress = progress
  }

  async rows(ids: readonly string[]): Promise<Results['rows']> {
    for (const contender of this.#contenders) {
      this.#progress(`warming up: ${contender.id}`)
      for (let round = 0; round < (this.#quick ? 2 : 10); round++)
        await this.#ask(contender, 'in-a-row').catch(() => [])
    }
    const rows: Results['rows'] = {}
    for (const id of ids) rows[id] = await this.#row(id)
    return rows
  }

  async #row(id: string): Promise<PerContender<readonly number[]>> {
    const medians = new Map<string, number[]>(this.#contenders.map((contender) => [contender.id, []]))
    const spent = new Map<string, number>()
    const missing: { [contender: string]: Missing } = {}
    for (let round = 0; round < this.#rounds; round++) {
      this.#progress(`${id}: round ${round + 1} of ${this.#rounds}`)
      this.floor.pipe.push(await pipeRoundTrip())
      this.floor.thread.push(await threadRoundTrip())
      for (let turn = 0; turn < this.#contenders.length; turn++) {
        const contender = this.#contenders[(turn + round) % this.#contenders.length] as Contender
        const before = spent.get(contender.id) ?? 0
        if (contender.id in missing || before > ROW_BOX_MS) continue
        const began = performance.now()
        try {
          medians.get(contender.id)?.push(median(await this.#ask(contender, id)))
        } catch (error) {
          missing[contender.id] = { missing: (error as Error).message }
        }
        spent.set(contender.id, before + performance.now() - began)
      }
    }
    return { ...Object.fromEntries(medians), ...missing }
  }

  async #ask(contender: Contender, row: string): Promise<readonly number[]> {
    return this.#with(contender, (session) => session.samples({ type: 'row', id: row }, ROW_BOX_MS))
  }

  /** Uses the process of a contender, which is started if it has none. */
  async #with<Result>(contender: Contender, use: (session: Session) => Promise<Result>): Promise<Result> {
    let session = this.#sessions.get(contender.id)
    if (session === undefined) {
      session = await Session.start(contender.driver, contender.nodeFlags)
      this.#sessions.set(contender.id, session)
    }
    try {
      return await use(session)
    } catch (error) {
      if (error instanceof Silence) {
        session.kill()
        this.#sessions.delete(contender.id)
      }
      throw error
    }
  }

  async cold(): Promise<PerContender<readonly number[]>> {
    await this.#endAll()
    const times = new Map<string, number[]>(this.#contenders.map(({ id }) => [id, []]))
    for (let round = 0; round < (this.#quick ? 2 : COLD_STARTS); round++) {
      this.#progress(`import to first result: round ${round + 1}`)
      for (const { id, driver, nodeFlags } of this.#contenders) {
        try {
          const session = await Session.start(driver, nodeFlags)
          times.get(id)?.push(session.ready.coldMs)
          session.kill()
        } catch {
          times.delete(id)
        }
      }
    }
    return this.#each(async ({ id }) => times.get(id) ?? missingFor('it did not start'))
  }

  memory(): Promise<PerContender<MemoryFigures>> {
    return this.#each(async (contender) => {
      this.#progress(`memory: ${contender.id}`)
      const session = await Session.start(contender.driver, contender.nodeFlags)
      try {
        await delay(500)
        const startMB = memoryOf(session.pid)
        const peakMB = await peakOf(session, async () => {
          for (let burst = 0; burst < BURSTS; burst++) await session.ask({ type: 'burst', count: BURST }, ROW_BOX_MS)
        })
        if (contender.kind !== 'ours' || this.#quick) return { startMB, peakMB }
        await delay(REST_MS)
        const restMB = memoryOf(session.pid)
        const waitingMB = await peakOf(session, () => session.ask({ type: 'wait', count: WAITING }, ROW_BOX_MS))
        return { startMB, peakMB, restMB, waitingMB }
      } finally {
        session.kill()
      }
    })
  }

  loads(): Promise<PerContender<readonly LoadFigures[]>> {
    return this.#each(async (contender) => {
      const figures: LoadFigures[] = []
      for (const concurrency of CONCURRENCY) {
        if (contender.kind !== 'ours' && concurrency > PEER_CONCURRENCY) break
        this.#progress(`concurrency: ${contender.id}, ${concurrency}`)
        const total = Math.max(this.#quick ? 10 : 50, concurrency * 2)
        const task = { type: 'load', concurrency, total } as const
        const answer = await this.#with(contender, (session) => session.ask(task, ROW_BOX_MS))
        if (answer.type !== 'load') break
        const { latencies, perSecond } = answer
        const { p50, p95, min } = spreadOf(latencies)
        figures.push({ concurrency, p50, p95, p99: quantile(latencies, 0.99), min, perSecond })
      }
      return figures
    })
  }

  calls(): Promise<Results['calls']> {
    return this.#each(async (contender) => {
      if (contender.kind !== 'ours') return missingFor('only measured for our sandboxes')
      const costs: { count: number; µs: number }[] = []
      for (const count of CALL_COUNTS) {
        this.#progress(`programs of ${count} calls: ${contender.id}`)
        const samples = await this.#with(contender, (session) => session.samples({ type: 'calls', count }, 60_000))
        costs.push({ count, µs: median(samples) })
      }
      return costs
    })
  }

  blocks(): Promise<PerContender<readonly number[]>> {
    return this.#each(async (contender) => {
      if (contender.kind !== 'ours') return missingFor('only measured for our sandboxes')
      this.#progress(`${BLOCKS * BLOCK} programs in a row: ${contender.id}`)
      const task = { type: 'blocks', blocks: this.#quick ? 2 : BLOCKS, size: BLOCK, boxMs: BLOCKS_BOX_MS } as const
      return this.#with(contender, (session) => session.samples(task, BLOCKS_BOX_MS * 2))
    })
  }

  async hostile(): Promise<Results['hostile']> {
    await this.#endAll()
    return this.#each(async (contender) => {
      if (contender.kind === 'floor') return missingFor('not an engine by itself')
      const ends: { [title: string]: HostileEnd | Missing } = {}
      let session: Session | undefined
      for (const title of Object.keys(HOSTILE)) {
        this.#progress(`hostile: ${contender.id}, ${title}`)
        session ??= await Session.start(contender.driver, contender.nodeFlags, HOSTILE_LIMITS)
        const end = await attack(session, title)
        ends[title] = end
        if (!isMissing(end) && end.recovers) continue
        session.kill()
        session = undefined
      }
      session?.kill()
      return ends
    })
  }

  kill(): void {
    for (const session of this.#sessions.values()) session.kill()
    this.#sessions.clear()
  }

  async #endAll(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.end()))
    this.#sessions.clear()
  }

  async #each<Figure>(measure: (contender: Contender) => Promise<Figure | Missing>): Promise<PerContender<Figure>> {
    const figures: PerContender<Figure> = {}
    for (const contender of this.#contenders) {
      figures[contender.id] = await measure(contender).catch((error: Error) => missingFor(error.message))
    }
    return figures
  }
}

function assertKnown(what: string, given: readonly string[] = [], known: readonly { readonly id: string }[]): void {
  const ids = known.map(({ id }) => id)
  const unknown = given.filter((id) => !ids.includes(id))
  if (unknown.length > 0) throw new TypeError(`Unknown ${what} ${unknown.join(', ')}: one of ${ids.join(', ')}`)
}

const missingFor = (why: string): Missing => ({ missing: why })

/** Returns the highest memory of all processes of a session during `run`, in MB. */
async function peakOf(session: Session, run: () => Promise<unknown>): Promise<number> {
  let peakMB = memoryOf(session.pid)
  const timer = setInterval(() => {
    peakMB = Math.max(peakMB, memoryOf(session.pid))
  }, MEMORY_MS)
  try {
    await run()
    return peakMB
  } finally {
    clearInterval(timer)
  }
}

async function attack(session: Session, title: string): Promise<HostileEnd | Missing> {
  try {
    const answer = await session.ask({ type: 'hostile', title }, HOSTILE_BOX_MS)
    if (answer.type !== 'hostile') return missingFor('no answer')
    const { endedMs, stalledMs, recovers } = answer
    return { endedMs, stalledMs, recovers }
  } catch (error) {
    return missingFor((error as Error).message)
  }
}

/** Declares catalogs in a process of its own, where nothing is compiled yet. */
async function declareInNewProcess(): Promise<readonly CatalogTime[]> {
  const module = JSON.stringify(new URL('./catalogs.ts', import.meta.url).href)
  const script = `const { declareCatalogs } = await import(${module}); console.log(JSON.stringify(await declareCatalogs()))`
  return JSON.parse(await outputOf(['--input-type=module', '-e', script])) as CatalogTime[]
}

async function compareConverters(quick: boolean): Promise<Converters> {
  const folder = await mkdtemp(join(tmpdir(), 'glovebox-bench-'))
  try {
    const file = join(folder, 'converters.json')
    await outputOf([
      fileURLToPath(new URL('./schemas.ts', import.meta.url)),
      '--json',
      file,
      ...(quick ? ['--quick'] : []),
    ])
    return JSON.parse(await readFile(file, 'utf8')) as Converters
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function outputOf(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const text = readText(child.stdout)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${args[0]} ended with code ${code}`)
  return await text
}
