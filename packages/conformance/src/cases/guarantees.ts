import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecuteResult, Guarantees } from '@glovebox/core'
import { recordExecution, replayExecution } from '@glovebox/core/adapter'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase, DisposableHost, TestContext } from '../case.ts'
import { comesToRest, residentBytes, withBusyCores } from '../process-stats.ts'

const MB = 1024 * 1024

const LOOP = 'for (;;) {}'
const NATIVE_LOOP = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'
/** Nested type assertions: each level doubles the work of the parser of types. */
const YEARS_TO_READ = `let q: number;${'<T>('.repeat(60)}x${')'.repeat(60)}`
const FLOOD = 'const all = []; for (;;) all.push(new Array(1_000).fill(all.length))'
/** Ways to hold so many bytes: engines count them in different places. */
const HOLDS: readonly ((bytes: number) => string)[] = [
  (bytes) =>
    `const all = []; for (let n = 0; n < ${bytes}; n += 8_000) all.push(new Array(1_000).fill(n)); return all.length`,
  (bytes) => `return new Array(${bytes / 8}).fill(0).length`,
  (bytes) => `return new Uint8Array(${bytes}).fill(1).length`,
]

const COMPUTE = (rounds: number): string => `let n = 0; for (let i = 0; i < ${rounds}; i++) n += i % 7; return n`
const COMPUTE_MS = 1_000
const BUSY_MS = 200
/** Of the time that passes, while eight times as many compute as there are cores: an eighth is a program's part. */
const MOST_SHARE = 0.5
/** Of CPU time, where cores share their parts. */
const MOST_GROWTH = 2.5

/** Of programs that mean harm. */
const HARM_LIMITS = { cpuTimeMs: 300, memoryBytes: 64 * MB }

/** How long a weakness is watched before it counts as one. */
const MAX_WAIT_MS = 3_000
/** How long a host may take to come up, on a machine that does much else. */
const START_MS = 60_000

/** The result of a program, if it comes in time. */
async function inTime(running: Promise<ExecuteResult>): Promise<ExecuteResult | undefined> {
  running.catch(() => {})
  return await Promise.race([running.catch(() => undefined), delay(MAX_WAIT_MS, undefined, { ref: false })])
}

/** Shows a weakness in a host that may be lost by it. @throws where the author gave none, or where it is no weakness */
async function showWeakness(
  { createDisposableHost, sandbox }: TestContext,
  name: keyof Guarantees,
  shows: (host: DisposableHost) => Promise<boolean>,
): Promise<void> {
  const declared = `${sandbox.name} declares ${name}: ${sandbox.guarantees[name]}`
  if (createDisposableHost === undefined) {
    assert.fail(`${declared}. Pass \`createDisposableHost\`, a host that may be lost, for that to be shown`)
  }
  await using host = await createDisposableHost()
  const late = delay(START_MS, undefined, { ref: false })
  const up = await Promise.race([host.run('return "up"'), late])
  returned(up ?? assert.fail(`the host to be lost did not come up within ${START_MS} ms`), 'up')
  assert.ok(await shows(host), `${declared}, and gives more than that: declare it`)
}

/** A guarantee that is given or not, with both ways to show which. */
interface Proof extends Pick<ConformanceCase, 'id' | 'protects'> {
  readonly guarantee: 'stopsLoops' | 'stopsNativeLoops' | 'stopsReading' | 'survivesOutOfMemory' | 'isolatesCrashes'
  /** @throws where what is given does not hold */
  attack(context: TestContext): Promise<void>
  /** Whether what is not given does not hold either, in a host that may be lost by it. */
  isLacking(host: DisposableHost): Promise<boolean>
}

const proof = ({ id, protects, guarantee, attack, isLacking }: Proof): ConformanceCase => ({
  id,
  protects,
  attacks: guarantee,
  run: (context) =>
    context.sandbox.guarantees[guarantee] ? attack(context) : showWeakness(context, guarantee, isLacking),
})

/** Whether after a program that should have been ended so, the next one runs as ever. */
async function survives(host: DisposableHost, code: string, ending: string): Promise<boolean> {
  const wallTimeMs = ending === 'LIMIT_WALL_TIME' ? 500 : 60_000
  const result = await inTime(host.run(code, { ...HARM_LIMITS, wallTimeMs }))
  if (result === undefined || result.ok || result.error.code !== ending) return false
  const next = await inTime(host.run('return "next"'))
  return next?.ok === true
}

/** A program that computes for ever is ended, nothing of it goes on, and the next one runs. */
async function stops({ run }: TestContext, code: string): Promise<void> {
  failed(await run(code, { limits: { cpuTimeMs: 300 } }), 'LIMIT_CPU')
  returned(await run('return "next"'), 'next')
  assert.ok(await comesToRest(), 'it is said to have ended, and something goes on computing')
}

/** One after the other. */
async function repeat<T>(times: number, measure: () => Promise<T>): Promise<T[]> {
  const measured: T[] = []
  while (measured.length < times) measured.push(await measure())
  return measured
}

/** Waits in the middle of its run, for others to do harm meanwhile. */
const PEACEFUL = 'for (let i = 0; i < 20; i++) await new Promise((r) => setTimeout(r, 25)); return "peaceful"'

/** Where engines and machines like to differ: a run that is not the journal's alone shows it here. */
const CHANCE = `const seen = [Math.random(), Date.now(), performance.now(), crypto.randomUUID(), new Date(2024, 1, 1).getTimezoneOffset()]
for (let i = 0; i < 3; i++) { seen.push(await tools.chance(), Math.random(), Date.now()); await new Promise((r) => setTimeout(r, 2)) }
seen.push(new Date().toLocaleString(), (1234.5).toLocaleString(), ['b', 'ä', 'a'].sort((a, b) => a.localeCompare(b)))
console.log(seen); return seen`

/**
 * What an adapter declares, both ways: what it gives is attacked, and what it does not give is shown to be lacking, so
 * that an adapter can claim neither more nor less than is true.
 */
export const guarantees: readonly ConformanceCase[] = [
  proof({
    id: 'guarantees.stops-loops',
    protects: 'a program that computes for ever is stopped, or said not to be',
    guarantee: 'stopsLoops',
    attack: (context) => stops(context, LOOP),
    isLacking: async (host) => !(await survives(host, LOOP, 'LIMIT_CPU')),
  }),
  proof({
    id: 'guarantees.stops-native-loops',
    protects: 'a built-in that never returns is stopped, or said not to be',
    guarantee: 'stopsNativeLoops',
    attack: (context) => stops(context, NATIVE_LOOP),
    isLacking: async (host) => !(await survives(host, NATIVE_LOOP, 'LIMIT_CPU')),
  }),
  proof({
    id: 'guarantees.stops-reading',
    protects: 'a program that its parser needs years for is given up, or declared to hold up its host',
    guarantee: 'stopsReading',
    attack: async ({ run }) => {
      failed(await run(YEARS_TO_READ, { limits: { wallTimeMs: 1_000 } }), 'LIMIT_WALL_TIME')
      returned(await run('const next: string = "next"; return next'), 'next')
      assert.ok(await comesToRest(), 'the program was given up, and something still reads it')
    },
    isLacking: async (host) => !(await survives(host, YEARS_TO_READ, 'LIMIT_WALL_TIME')),
  }),
  proof({
    id: 'guarantees.survives-out-of-memory',
    protects: 'no allocation ends the host, or that it may is said',
    guarantee: 'survivesOutOfMemory',
    attack: async ({ run }) => {
      failed(await run(FLOOD, { limits: { memoryBytes: 32 * MB, cpuTimeMs: 20_000 } }), 'LIMIT_MEMORY')
      returned(await run('return "next"'), 'next')
    },
    isLacking: async (host) => !(await survives(host, FLOOD, 'LIMIT_MEMORY')),
  }),
  {
    id: 'guarantees.memory',
    protects: 'a limit of memory is kept at once, noticed afterwards, or said not to be kept',
    run: async (context) => {
      const limits = { memoryBytes: 32 * MB, cpuTimeMs: 20_000 }
      const { memory } = context.sandbox.guarantees
      if (memory !== 'none') failed(await context.run(FLOOD, { limits }), 'LIMIT_MEMORY')
      const kept: boolean[] = []
      for (const code of HOLDS.flatMap((hold) => [1.5, 4].map((times) => hold(times * limits.memoryBytes)))) {
        kept.push(!(await context.run(code, { limits })).ok)
      }
      // What is only noticed afterwards, a program can hold for a moment.
      if (memory === 'hard') assert.ok(!kept.includes(false), 'more than the limit can be held')
      else assert.ok(kept.includes(false), 'the limit is kept at once: declare it')
    },
  },
  {
    id: 'guarantees.cpu-time',
    protects: 'what is told as CPU time is that, or said to be the time that turns take',
    run: async ({ run, sandbox }) => {
      const { usage } = await run(COMPUTE(1e6))
      if (usage.cpuTimeMs === undefined) return assert.equal(sandbox.guarantees.cpuTime, false, 'no CPU time is told')
      const code = COMPUTE(Math.ceil((BUSY_MS / usage.wallTimeMs) * 1e6))
      const measure = async () => {
        const { cpuTimeMs = 0, wallTimeMs } = (await run(code)).usage
        return { cpuTimeMs, share: cpuTimeMs / wallTimeMs }
      }
      const alone = await repeat(3, measure)
      // On a machine where others compute as well, a program has but a part of the time that passes, and needs no more of it.
      const beside = await withBusyCores(() => repeat(2, measure))
      if (beside === undefined) return
      const least = (runs: typeof alone, key: 'cpuTimeMs' | 'share') => Math.min(...runs.map((each) => each[key]))
      const growth = least(beside, 'cpuTimeMs') / least(alone, 'cpuTimeMs')
      const isMeasured = least(beside, 'share') < MOST_SHARE && growth < MOST_GROWTH
      const told = `with others beside it, it is told to compute ${growth} times as long, and ${least(beside, 'share')} of the time`
      assert.equal(isMeasured, sandbox.guarantees.cpuTime, told)
    },
  },
  proof({
    id: 'guarantees.isolates-crashes',
    protects: 'one program never fails another, or that it may is said',
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
    protects: 'a journal is the whole run, or said not to be',
    run: async ({ sandbox }) => {
      const tools = { chance: () => Math.random() }
      const { result, recording } = await recordExecution(sandbox, { code: CHANCE, tools })
      assert.ok(result.ok, JSON.stringify(result))
      await delay(20)
      const said = await replayExecution(sandbox, recording)
      if (sandbox.guarantees.deterministic) assert.deepEqual(said, recording.output)
      else assert.notDeepEqual(said, recording.output, 'it gives the same run: declare it')
    },
  },
  {
    id: 'guarantees.boundary.event-loop',
    protects: "a program that computes has a thread of its own, or is said to hold up its host's",
    run: async ({ run, sandbox }) => {
      const isApart = sandbox.guarantees.boundary !== 'inline' && sandbox.guarantees.boundary !== 'isolate'
      const quick = await run(COMPUTE(1e7))
      const rounds = Math.ceil((COMPUTE_MS / quick.usage.wallTimeMs) * 1e7)
      const beats: number[] = []
      let beating: ReturnType<typeof setInterval> | undefined
      const begin = () => {
        beating = setInterval(() => beats.push(performance.now()), 5)
      }
      // The pause lets the host do what it has begun.
      const code = `await tools.begin(); await new Promise((r) => setTimeout(r, 50)); ${COMPUTE(rounds)}`
      const result = await run(code, { tools: { begin }, limits: { cpuTimeMs: 60_000 } })
      clearInterval(beating)
      beats.push(performance.now())
      assert.ok(result.ok, JSON.stringify(result))
      const passed = (beats.at(-1) as number) - (beats[0] as number)
      const longest = Math.max(...beats.slice(1).map((at, index) => at - (beats[index] as number)))
      if (isApart) assert.ok(beats.length > 5, `the event loop stood still for ${longest} of ${passed} ms`)
      else assert.ok(longest > passed / 2, 'the event loop went on: declare more than that')
    },
  },
  {
    id: 'guarantees.boundary.memory',
    protects: "a program's memory is its host's own, or in another process",
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
      // What the host's own collector frees or holds back meanwhile is noise.
      if (isElsewhere) assert.ok(least < 50e6, `holding 100 MB, the program made its host ${least} bytes larger`)
      else assert.ok(most >= 50e6, `holding 100 MB, the program made its host only ${most} bytes larger: declare more`)
    },
  },
]
