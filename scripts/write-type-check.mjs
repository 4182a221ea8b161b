/**
 * Writes docs/reference/type-check.md: `pnpm type-check`. Seeds mistakes into programs over the tools of ten real servers,
 * checks programs without mistakes, and measures how long a check takes. Takes about two minutes. Run it on an otherwise
 * idle machine.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createCodeMode, toolProvider } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { typecheck } from '@glovebox/typecheck'
import { falseAlarms } from '../test/support/model-programs.ts'
import { MISTAKES, pathsOf, realServers, SeededPrograms } from '../test/support/seeded-programs.ts'
import { progress, tableOf } from './report.mjs'

const HELP = `Usage: pnpm type-check

Writes docs/reference/type-check.md: which mistakes the check finds, its false alarms, and its times.`

const { values: options } = parseArgs({ options: { help: { type: 'boolean', default: false } } })
if (options.help) {
  console.log(HELP)
  process.exit()
}

const root = fileURLToPath(new URL('..', import.meta.url))
const PER_KIND = 25
const RIGHT = 1_000
const WARM = 60
/** Least share of the mistakes that must be found, and most milliseconds of a warm check by version and number of tools. */
const MIN_FOUND = 0.98
const MAX_MS = { 7: { 100: 4, 2500: 10 }, 6: { 100: 60 } }
const SEED = 20_261_130

const sandbox = quickjs()
const load = loadavg()[0].toFixed(1)

/** Counts what is found, and what is wrongly found. */
async function judge(typescript) {
  let calls = 0
  await using checker = typecheck({ typescript, timeoutMs: 60_000 })
  await using codeMode = await createCodeMode({ sandbox, tools: realServers(() => calls++), typeChecker: checker })
  const programs = new SeededPrograms(SEED, pathsOf(codeMode))
  const found = {}
  for (const kind of MISTAKES) {
    progress(`TypeScript ${typescript}: ${kind} …`)
    found[kind] = 0
    for (let index = 0; index < PER_KIND; index++) {
      calls = 0
      const result = await codeMode.execute(programs.wrong(kind).code)
      if (!result.ok && result.error.code === 'CODE_TYPE' && calls === 0) found[kind]++
    }
  }
  let alarms = 0
  progress(`TypeScript ${typescript}: programs without mistakes …`)
  for (let index = 0; index < RIGHT; index++) {
    const result = await codeMode.execute(programs.right())
    if (!result.ok && result.error.code === 'CODE_TYPE') alarms++
  }
  return { found, alarms }
}

/** Counts alarms about programs of models that succeed without the check. */
async function judgeModels(typescript) {
  await using checker = typecheck({ typescript, timeoutMs: 60_000 })
  return await falseAlarms(sandbox, checker)
}

const folder = `${root}packages/core/test/data/mcp/`
const listed = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => JSON.parse(readFileSync(folder + file, 'utf8')).tools)
const median = (values) => values.sort((left, right) => left - right)[Math.floor(values.length / 2)]

/** A program of forty lines that calls some of the tools. */
function programOf(paths) {
  const calls = paths.slice(0, 6).map((path, index) => `const result${index} = await ${path}({})`)
  const lines = Array.from(
    { length: 40 - calls.length - 1 },
    (_, index) => `const value${index} = [${index}].map((each) => each * 2).filter(Boolean)`,
  )
  return [...calls, ...lines, 'return value0'].join('\n')
}

/** Measures checks of one program against catalogs of a size, and the start before the first. */
async function measure(typescript, size) {
  const tools = Array.from({ length: size }, (__, index) => {
    const { name, description, inputSchema } = listed[index % listed.length]
    const { required: _, ...schema } = inputSchema
    return { name: `${name}_${index}`, description, inputSchema: schema, execute: () => ({}) }
  })
  const started = performance.now()
  await using checker = typecheck({ typescript, timeoutMs: 60_000 })
  const times = []
  const timed = {
    async check(...given) {
      const start = performance.now()
      const result = await checker.check(...given)
      times.push(performance.now() - start)
      return result
    },
  }
  await using codeMode = await createCodeMode({
    sandbox,
    tools: toolProvider({ name: 'server', tools }),
    typeChecker: timed,
  })
  const paths = codeMode.list({ limit: 200 }).items.map(({ path }) => path)
  await codeMode.execute('return 1')
  const coldMs = performance.now() - started
  for (let index = 0; index < WARM; index++) await codeMode.execute(`${programOf(paths)} // ${index}`)
  return { coldMs, warmMs: median(times.slice(5)), memoryMb: memoryOf(process.pid) }
}

/** Returns the memory of the processes that a process has started, in MB. */
function memoryOf(parent) {
  const table = execFileSync('ps', ['-eo', 'pid,ppid,rss'], { encoding: 'utf8' }).trim().split('\n').slice(1)
  const rows = table.map((line) => line.trim().split(/\s+/).map(Number))
  const childrenOf = (id) => rows.filter(([, ppid]) => ppid === id).flatMap(([pid]) => [pid, ...childrenOf(pid)])
  const pids = new Set(childrenOf(parent))
  return rows.filter(([pid]) => pids.has(pid)).reduce((sum, [, , rss]) => sum + rss / 1_024, 0)
}

const versions = [7, 6]
const judged = {}
for (const version of versions) judged[version] = { ...(await judge(version)), models: await judgeModels(version) }
const times = {}
for (const version of versions)
  for (const size of [100, 2_500]) {
    progress(`TypeScript ${version}: ${size} tools …`)
    times[version] = { ...times[version], [size]: await measure(version, size) }
  }
progress('')
await sandbox.close()

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
const ms = (value) => value.toFixed(1)
const total = (version) => Object.values(judged[version].found).reduce((sum, each) => sum + each, 0)
const all = PER_KIND * MISTAKES.length
writeFileSync(
  `${root}docs/reference/type-check.md`,
  `# The type check in figures

What [\`typecheck()\`](../guides/type-check.md) finds, and what it costs. \`pnpm type-check\` measured it on ${new Date().toISOString().slice(0, 10)}, at commit ${commit}, on
Node ${process.versions.node}, ${cpus().length} cores of ${cpus()[0].model.trim()}, load ${load}.

## Mistakes

Mistakes that were seeded into programs over the tools of ten real servers, and how many were found before any call.

${tableOf([
  ['mistake', 'programs', ...versions.map((version) => `TypeScript ${version}`)],
  ...MISTAKES.map((kind) => [
    kind,
    String(PER_KIND),
    ...versions.map((version) => String(judged[version].found[kind])),
  ]),
  [
    'together',
    String(all),
    ...versions.map((version) => `${total(version)} (${((100 * total(version)) / all).toFixed(1)} %)`),
  ],
])}

Alarms about ${RIGHT.toLocaleString('en')} generated programs without mistakes: ${versions.map((version) => `${judged[version].alarms} with TypeScript ${version}`).join(', ')}. Alarms about the ${judged[7].models.count}
[programs as models write them](programs.md) that succeed without the check: ${versions.map((version) => `${judged[version].models.alarms.length} with TypeScript ${version}`).join(', ')}${judged[7].models.alarms.length === 1 && judged[7].models.alarms[0] === 'tools-forgot-await' ? ', which is right: the program\nreads a property of a promise, and returns `undefined`' : ''}.

## Time and memory

A program of forty lines that calls six tools. Only the tools that a program mentions are checked, so the size of a catalog hardly matters. The start
is that of the process, with the first check. Memory is that of all its processes.

${tableOf([
  ['version', 'tools', 'warm check, median (ms)', 'start and first check (ms)', 'memory (MB)'],
  ...versions.flatMap((version) =>
    Object.entries(times[version]).map(([size, { warmMs, coldMs, memoryMb }]) => [
      `TypeScript ${version}`,
      Number(size).toLocaleString('en'),
      ms(warmMs),
      coldMs.toFixed(0),
      memoryMb.toFixed(0),
    ]),
  ),
])}
`,
)
const missed = versions.filter((version) => total(version) / all < MIN_FOUND || judged[version].alarms > 0)
const slow = Object.entries(MAX_MS).flatMap(([version, sizes]) =>
  Object.entries(sizes)
    .filter(([size, most]) => times[version][size].warmMs > most)
    .map(([size]) => `TypeScript ${version}, ${size} tools`),
)
console.log(
  versions
    .map(
      (version) =>
        `TypeScript ${version}: ${total(version)} of ${all} found, ${judged[version].alarms} alarms, warm ${ms(times[version][100].warmMs)} ms`,
    )
    .join('; '),
)
if (slow.length > 0) console.log(`Slower than aimed at: ${slow.join('; ')}`)
if (missed.length > 0) process.exitCode = 1
