import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecuteResult, Guarantees } from '@glovebox/core'
import { recordRun, replayRun } from '@glovebox/core/adapter'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase, DisposableHost, TestContext } from '../case.ts'
import { comesToRest, residentBytes, withBusyCores } from '../process-stats.ts'

const MB = 1024 * 1024

const LOOP = 'for (;;) {}'
const NATIVE_LOOP = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'
/** Nested type assertions. Each level doubles the work of the TypeScript parser. */
const YEARS_TO_READ = `let q: number;${'<T>('.repeat(60)}x${')'.repeat(60)}`
const FLOOD = 'const all = []; for (;;) all.push(new Array(1_000).fill(all.length))'
/** Programs that hold a number of bytes, in different ways because engines count them in different places. */
const HOLDS: readonly ((bytes: number) => string)[] = [
  (bytes) =>
    `const all = []; for (let n = 0; n < ${bytes}; n += 8_000) all.push(new Array(1_000).fill(n)); return all.length`,
  (bytes) => `return new Array(${bytes / 8}).fill(0).length`,
  (bytes) => `return new Uint8Array(${bytes}).fill(1).length`,
]

const COMPUTE = (rounds: number): string => `let n = 0; for (let i = 0; i < ${rounds}; i++) n += i % 7; return n`
const COMPUTE_MS = 1_000
const BUSY_MS = 200
/** Maximum ratio of CPU time to wall time under load of eight busy threads per core. The expected ratio is 1/8. */
const MOST_SHARE = 0.5
/** Maximum growth of CPU time under load. It grows a little, because hardware threads share a core. */
const MOST_GROWTH = 2.5

/** Limits of hostile programs. */
const HARM_LIMITS = { cpuTimeMs: 300, memoryBytes: 64 * MB }

/** Time in ms after which a program without a result counts as a weakness. */
const MAX_WAIT_MS = 3_000
/** Timeout in ms for the start of a host on a busy machine. */
const START_MS = 60_000

/** Returns the result of a program, or undefined if it fails or takes longer than `MAX_WAIT_MS`. */
async function inTime(running: Promise<ExecuteResult>): Promise<ExecuteResult | undefined> {
  running.catch(() => {})
  return await Promise.race([running.catch(() => undefined), delay(MAX_WAIT_MS, undefined, { ref: false })])
}

/**
 * Proves in a disposable host that an undeclared guarantee does not hold.
 *
 * @throws if the adapter under test has no disposable host, or if the guarantee holds
 */
async function showWeakness(
  { createDisposableHost, sandbox }: TestContext,
  name: keyof Guarantees,
  shows: (host: DisposableHost) => Promise<boolean>,
): Promise<void> {
  const declared = `${sandbox.name} declares ${name}: ${sandbox.guarantees[name]}`
  if (createDisposableHost === undefined) {
    assert.fail(`${declared}. Pass \`createDisposableHost\`, so that the suite can prove this in a disposable host`)
  }
  await using host = await createDisposableHost()
  const late = delay(START_MS, undefined, { ref: false })
  const up = await Promise.race([host.run('return "up"'), late])
  returned(up ?? assert.fail(`the disposable host did not start within ${START_MS} ms`), 'up')
  assert.ok(await shows(host), `${declared}, but the guarantee holds: declare it`)
}

/** A guarantee with two tests: one if it is declared, one if it is not. */
interface Proof extends Pick<ConformanceCase, 'id' | 'protects'> {
  readonly guarantee: 'stopsLoops' | 'stopsNativeLoops' | 'stopsReading' | 'survivesOutOfMemory' | 'isolatesCrashes'
  /**
   * Attacks the declared guarantee.
   *
   * @throws if it does not hold
   */
  attack(context: TestContext): Promise<void>
  /** Returns whether the undeclared guarantee does not hold in a disposable host. */
  isLacking(host: DisposableHost): Promise<boolean>
}

const proof = ({ id, protects, guarantee, attack, isLacking }: Proof): ConformanceCase => ({
  id,
  protects,
  attacks: guarantee,
  run: (context) =>
    context.sandbox.guarantees[guarantee] ? attack(context) : showWeakness(context, guarantee, isLacking),
})

/** Returns whether the program ends with the given code and the next program runs. */
async function survives(host: DisposableHost, code: string, ending: string): Promise<boolean> {
  const wallTimeMs = ending === 'LIMIT_WALL_TIME' ? 500 : 60_000
  const result = await inTime(host.run(code, { ...HARM_LIMITS, wallTimeMs }))
  if (result === undefined || result.ok || result.error.code !== ending) return false
  const next = await inTime(host.run('return "next"'))
  return next?.ok === true
}

/** Asserts that an endless program is ended, that its computation stops, and that the next program runs. */
async function stops({ run }: TestContext, code: string): Promise<void> {
  failed(await run(code, { limits: { cpuTimeMs: 300 } }), 'LIMIT_CPU')
  returned(await run('return "next"'), 'next')
  assert.ok(await comesToRest(), 'the program has ended, but something is still computing')
}

/** Repeats a measurement sequentially. */
async function repeat<T>(times: number, measure: () => Promise<T>): Promise<T[]> {
  const measured: T[] = []
  while (measured.length < times) measured.push(await measure())
  return measured
}

/** A well-behaved program that waits, while hostile programs run. */
const PEACEFUL = 'for (let i = 0; i < 20; i++) await new Promise((r) => setTimeout(r, 25)); return "peaceful"'

/** A program that uses the sources of nondeterminism, so that a replay differs unless the run log determines it. */
const CHANCE = `const seen = [Math.random(), Date.now(), performance.now(), crypto.randomUUID(), new Date(2024, 1, 1).getTimezoneOffset()]
for (let i = 0; i < 3; i++) { seen.push(await tools.chance(), Math.random(), Date.now()); await new Promise((r) => setTimeout(r, 2)) }
seen.push(new Date().toLocaleString(), (1234.5).toLocaleString(), ['b', 'ä', 'a'].sort((a, b) => a.localeCompare(b)))
console.log(seen); return seen`

/**
 * Cases for the declared guarantees of an adapter. A declared guarantee is attacked, and an undeclared one is proved
 * not to hold, so that an adapter can declare neither too much nor too little.
 */
export const guarantees: readonly ConformanceCase[] = [
  proof({
    id: 'guarantees.stops-loops',
    protects: 'an endless program is stopped, if and only if this is declared',
    guarantee: 'stopsLoops',
    attack: (context) => stops(context, LOOP),
    isLacking: async (host) => !(await survives(host, LOOP, 'LIMIT_CPU')),
  }),
  proof({
    id: 'guarantees.stops-native-loops',
    protects: 'a built-in that never returns is stopped, if and only if this is declared',
    guarantee: 'stopsNativeLoops',
    attack: (context) => stops(context, NATIVE_LOOP),
    isLacking: async (host) => !(await survives(host, NATIVE_LOOP, 'LIMIT_CPU')),
  }),
  proof({
    id: 'guarantees.stops-reading',
    protects: 'parsing a program that takes too long is stopped, if and only if this is declared',
    guarantee: 'stopsReading',
    attack: async ({ run }) => {
      failed(await run(YEARS_TO_READ, { limits: { wallTimeMs: 1_000 } }), 'LIMIT_WALL_TIME')
      returned(await run('const next: string = "next"; return next'), 'next')
      assert.ok(await comesToRest(), 'the program has ended, but something is still parsing it')
    },
    isLacking: async (host) => !(await survives(host, YEARS_TO_READ, 'LIMIT_WALL_TIME')),
  }),
  proof({
    id: 'guarantees.survives-out-of-memory',
    protects: 'the host survives any allocation of a guest, if and only if this is declared',
    guarantee: 'survivesOutOfMemory',
    attack: async ({ run }) => {
      failed(await run(FLOOD, { limits: { memoryBytes: 32 * MB, cpuTimeMs: 20_000 } }), 'LIMIT_MEMORY')
      returned(await run('return "next"'), 'next')
    },
    isLacking: async (host) => !(await survives(host, FLOOD, 'LIMIT_MEMORY')),
  }),
  {
    id: 'guarantees.memory',
    protects: 'the memory limit is enforced as strictly as declared',
    run: async (context) => {
      const limits = { memoryBytes: 32 * MB, cpuTimeMs: 20_000 }
      const { memory } = context.sandbox.guarantees
      if (memory !== 'none') failed(await context.run(FLOOD, { limits }), 'LIMIT_MEMORY')
      const kept: boolean[] = []
      for (const code of HOLDS.flatMap((hold) => [1.5, 4].map((times) => hold(times * limits.memoryBytes)))) {
        kept.push(!(await context.run(code, { limits })).ok)
      }
      // If the limit is only checked afterwards, a program can exceed it for a moment.
      if (memory === 'hard') assert.ok(!kept.includes(false), 'a program held more memory than the limit')
      else assert.ok(kept.includes(false), "the memory limit is enforced strictly: declare `memory: 'hard'`")
    },
  },
  {
    id: 'guarantees.cpu-time',
    protects: 'the reported CPU time is measured, if and only if this is declared',
    run: async ({ run, sandbox }) => {
      const { usage } = await run(COMPUTE(1e6))
      if (usage.cpuTimeMs === undefined)
        return assert.equal(sandbox.guarantees.cpuTime, false, 'no CPU time is reported')
      const code = COMPUTE(Math.ceil((BUSY_MS / usage.wallTimeMs) * 1e6))
      const measure = async () => {
        const { cpuTimeMs = 0, wallTimeMs } = (await run(code)).usage
        return { cpuTimeMs, share: cpuTimeMs / wallTimeMs }
      }
      const alone = await repeat(3, measure)
      // Under load, the CPU time of a program stays about the same, while its share of the wall time drops.
      const beside = await withBusyCores(() => repeat(2, measure))
      if (beside === undefined) return
      const least = (runs: typeof alone, key: 'cpuTimeMs' | 'share') => Math.min(...runs.map((each) => each[key]))
      const growth = least(beside, 'cpuTimeMs') / least(alone, 'cpuTimeMs')
      const isMeasured = least(beside, 'share') < MOST_SHARE && growth < MOST_GROWTH
      const told = `under load, the reported CPU time grew by a factor of ${growth}, to ${least(beside, 'share')} of the wall time`
      assert.equal(isMeasured, sandbox.guarantees.cpuTime, told)
    },
  },
  proof({
    id: 'guarantees.isolates-crashes',
    protects: 'a program cannot make another fail, if and only if this is declared',
    guarantee: 'isolatesCrashes',
    attack: async ({ run }) => {
      const peaceful = [1, 2, 3].map(() => run(PEACEFUL))
      await Promise.all([NATIVE_LOOP, FLOOD, LOOP].map((code) => run(code, { limits: HARM_LIMITS })))
      for (const result of await Promise.all(peaceful)) returned(result, 'peaceful')
    },
    isLacking: async (host) => {
      const peaceful = inTime(host.run(PEACEFUL))
      await delay(100)
      host.run(NATIVE_LOOP, HARM_LIMITS).catch(() => {})
      return (await peaceful)?.ok !== true
    },
  }),
  {
    id: 'guarantees.deterministic',
    protects: 'a replay of a recorded run reproduces it, if and only if this is declared',
    run: async ({ sandbox }) => {
      const tools = { chance: () => Math.random() }
      const { result, run } = await recordRun(sandbox, { code: CHANCE, tools })
      assert.ok(result.ok, JSON.stringify(result))
      await delay(20)
      const replay = await replayRun(sandbox, run)
      if (sandbox.guarantees.deterministic) assert.deepEqual(replay, { isSame: true })
      else assert.ok(!replay.isSame, 'the replay reproduces the run: declare `deterministic: true`')
    },
  },
  {
    id: 'guarantees.boundary.event-loop',
    protects: 'whether a program blocks the event loop of the host matches the declared boundary',
    run: async ({ run, sandbox }) => {
      const isApart = sandbox.guarantees.boundary !== 'inline' && sandbox.guarantees.boundary !== 'isolate'
      const quick = await run(COMPUTE(1e7))
      const rounds = Math.ceil((COMPUTE_MS / quick.usage.wallTimeMs) * 1e7)
      const beats: number[] = []
      let beating: ReturnType<typeof setInterval> | undefined
      const begin = () => {
        beating = setInterval(() => beats.push(performance.now()), 5)
      }
      // The pause lets the host start its timer.
      const code = `await tools.begin(); await new Promise((r) => setTimeout(r, 50)); ${COMPUTE(rounds)}`
      const result = await run(code, { tools: { begin }, limits: { cpuTimeMs: 60_000 } })
      clearInterval(beating)
      beats.push(performance.now())
      assert.ok(result.ok, JSON.stringify(result))
      const passed = (beats.at(-1) as number) - (beats[0] as number)
      const longest = Math.max(...beats.slice(1).map((at, index) => at - (beats[index] as number)))
      if (isApart) assert.ok(beats.length > 5, `the event loop was blocked for ${longest} of ${passed} ms`)
      else assert.ok(longest > passed / 2, 'the event loop was not blocked: declare a stronger boundary')
    },
  },
  {
    id: 'guarantees.boundary.memory',
    protects: 'whether the memory of a program is in another process matches the declared boundary',
    run: async ({ run, sandbox }) => {
      if (residentBytes() === undefined) return
      const code =
        'await tools.look(); const all = Array.from({ length: 100 }, () => new Uint8Array(1e6).fill(1)); await tools.look(); return all.length'
      const grown = await repeat(3, async () => {
        const seen: number[] = []
        const look = () => void seen.push(residentBytes() as number)
        returned(await run(code, { tools: { look }, limits: { memoryBytes: 256 * MB } }), 100)
        const [before, after] = seen as [number, number]
        return after - before
      })
      const [least, most] = [Math.min(...grown), Math.max(...grown)]
      const isElsewhere = sandbox.guarantees.boundary === 'process' || sandbox.guarantees.boundary === 'remote'
      // The minimum and maximum filter out the noise of the host's garbage collector.
      if (isElsewhere) assert.ok(least < 50e6, `a program that held 100 MB grew its host by ${least} bytes`)
      else
        assert.ok(
          most >= 50e6,
          `a program that held 100 MB grew its host by only ${most} bytes: declare a stronger boundary`,
        )
    },
  },
]
