/**
 * Runs 100,000 executions on each backend, including hostile ones, while processes are killed at random: `pnpm soak`.
 * Every tool call must be made exactly once, and memory and descriptors must not grow after a warm-up.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { BACKENDS } from '@glovebox/backends'
import { createCodeMode } from '@glovebox/core'

const HELP = `Usage: pnpm soak [--executions N] [--backend NAME] [--seed N]

  --executions N   number of executions on each backend (default: 100,000)
  --backend NAME   ${Object.keys(BACKENDS).join(', ')} (default: all, one after the other)
  --seed N         seed of the random choices (default: the current time)
  --help           print this help`

const { values } = parseArgs({
  options: {
    executions: { type: 'string', default: '100000' },
    backend: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit()
}

const EXECUTIONS = positive('--executions', values.executions)
const CONCURRENT = 16
/** Interval of kills in ms. Restarting workerd takes two cores a second or two. */
const KILL_EVERY_MS = 10_000
/** Time for the system to remove the last process, in milliseconds. */
const MAX_REAP_MS = 2_000
/** Every n-th execution is hostile. */
const HOSTILE_EVERY = 250
/** Share of executions for the warm-up, in which caches fill, processes start and V8 optimizes. */
const WARM_UP = 0.2
/** Growth that counts as noise, because V8 returns memory late. */
const SLACK_BYTES = 64 * 1024 * 1024
const SLACK_DESCRIPTORS = 16

const PEACEFUL = [
  'return await tools.add({ id: input })',
  'const all = await Promise.all([0, 1, 2].map((n) => tools.add({ id: input, n }))); return all[0]',
  'await new Promise((resolve) => setTimeout(resolve, 2)); return await tools.add({ id: input })',
  'const typed: number = await tools.add({ id: input }); return typed',
  'console.log("x".repeat(100)); try { await tools.fail({}) } catch {} return await tools.add({ id: input })',
]
const HOSTILE = [
  'for (;;) {}',
  'const all = []; for (;;) all.push(new Array(1_000).fill(1))',
  'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  'for (;;) console.log("")',
  'return Array(300).fill({ text: "x".repeat(1e6) })',
  'await tools.add(Array(300).fill({ text: "x".repeat(1e6) }))',
  `let q: number;${'<T>('.repeat(40)}x${')'.repeat(40)}`,
  `return /[${'\\p{L}'.repeat(20_000)}]/u`,
  'const f = () => f(); f()',
  'await new Promise(() => {})',
]

function positive(name, text) {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  console.error(`${name} must be a positive integer; got ${text}`)
  process.exit(2)
}

/** Creates a seeded generator (mulberry32). */
function randomFrom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const read = (path) => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // The process has exited in the meantime.
    return ''
  }
}

/** Returns the ids of all direct child processes of this process. */
function children() {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => new RegExp(`^PPid:\\s+${process.pid}$`, 'm').test(read(`/proc/${pid}/status`)))
    .map(Number)
}

function descriptors() {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}

/** The first Ctrl-C waits for running executions and prints the report. A second one exits immediately. */
let isStopped = false
process.once('SIGINT', () => {
  isStopped = true
  console.error('Stopping …')
})

async function soak(name, seed) {
  const random = randomFrom(seed)
  const pick = (list) => list[Math.floor(random() * list.length)]
  const counts = new Map()
  const tools = {
    add: ({ id, n = 0 }) => {
      if (typeof id !== 'number') return 0
      const key = `${id} ${n}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      return id
    },
    fail: () => {
      throw new Error('on purpose')
    },
  }
  const sandbox = BACKENDS[name]()
  const codeMode = await createCodeMode({ sandbox, tools, limits: { cpuTimeMs: 2_000, wallTimeMs: 60_000 } })
  const seen = { hostile: 0, kills: 0, wrong: [], codes: {} }
  const samples = []
  const killing = setInterval(() => {
    const victim = pick(children())
    if (victim === undefined) return
    seen.kills++
    try {
      process.kill(victim, 'SIGKILL')
    } catch {
      // The process has exited in the meantime.
    }
  }, KILL_EVERY_MS)
  let next = 0
  const started = performance.now()
  const worker = async () => {
    while (next < EXECUTIONS && !isStopped) {
      const id = next++
      if (id % Math.ceil(EXECUTIONS / 50) === 0) sample(id)
      if (id % HOSTILE_EVERY === HOSTILE_EVERY - 1) await runHostile()
      else await runPeaceful(id)
    }
  }
  const runPeaceful = async (id) => {
    const code = pick(PEACEFUL)
    const result = await codeMode.execute(`const input = ${id}\n${code}`)
    const times = code.includes('[0, 1, 2]') ? [0, 1, 2] : [0]
    const made = times.map((n) => counts.get(`${id} ${n}`))
    for (const n of times) counts.delete(`${id} ${n}`)
    if (result.ok && result.value === id && made.every((count) => count === 1)) return
    seen.wrong.push({ id, result: result.ok ? result.value : result.error, made })
  }
  const runHostile = async () => {
    seen.hostile++
    const result = await codeMode.execute(pick(HOSTILE), { limits: { cpuTimeMs: 100, wallTimeMs: 1_000 } })
    const code = result.ok ? 'ok' : result.error.code
    seen.codes[code] = (seen.codes[code] ?? 0) + 1
  }
  const sample = (id) => {
    globalThis.gc?.()
    const at = {
      id,
      residentBytes: process.memoryUsage.rss(),
      heapBytes: process.memoryUsage().heapUsed,
      descriptors: descriptors(),
    }
    samples.push(at)
    if (process.stderr.isTTY || id % Math.ceil(EXECUTIONS / 5) === 0) {
      console.error(
        `${name}: ${id} of ${EXECUTIONS}, ${((performance.now() - started) / 1_000).toFixed(0)} s, ${(at.residentBytes / 1e6).toFixed(0)} MB, ${at.descriptors} descriptors, ${seen.wrong.length} wrong`,
      )
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, worker))
  sample(next)
  clearInterval(killing)
  await codeMode.close()
  await sandbox.close()
  // A process that was killed last stays visible until the system has told its parent.
  for (let waited = 0; children().length > 0 && waited < MAX_REAP_MS; waited += 50) await sleep(50)
  const warm = samples.filter(({ id }) => id >= next * WARM_UP)
  const third = Math.max(1, Math.floor(warm.length / 3))
  const median = (list, key) => list.map((each) => each[key]).sort((a, b) => a - b)[Math.floor(list.length / 2)]
  const growth = (key) => median(warm.slice(-third), key) - median(warm.slice(0, third), key)
  const seconds = (performance.now() - started) / 1_000
  return {
    name,
    seed,
    executions: next,
    seconds,
    ...seen,
    residentBytes: median(warm, 'residentBytes'),
    growth: growth('residentBytes'),
    heapGrowth: growth('heapBytes'),
    descriptorGrowth: growth('descriptors'),
    left: children().length,
  }
}

if (values.backend !== undefined && !Object.hasOwn(BACKENDS, values.backend)) {
  console.error(`--backend must be one of ${Object.keys(BACKENDS).join(', ')}; got ${values.backend}`)
  process.exit(2)
}
let failures = 0
for (const name of values.backend === undefined ? Object.keys(BACKENDS) : [values.backend]) {
  if (isStopped) break
  const report = await soak(name, positive('--seed', values.seed))
  const isFlat = report.growth < SLACK_BYTES && report.descriptorGrowth < SLACK_DESCRIPTORS && report.left === 0
  if (!isFlat || report.wrong.length > 0) failures++
  const { wrong, codes, ...figures } = report
  console.log(JSON.stringify({ ...figures, wrong: wrong.length, codes, isFlat }))
  for (const each of wrong.slice(0, 5)) console.log(JSON.stringify(each).slice(0, 500))
}
process.exitCode = isStopped ? 130 : failures === 0 ? 0 : 1
