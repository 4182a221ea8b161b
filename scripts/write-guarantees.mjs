/**
 * Writes the tables of guarantees into the documentation: `pnpm guarantees`. The guide to sandboxes receives the
 * declarations of the adapters. The reference receives the conformance results and the cost of stopping hostile
 * programs. Takes several minutes.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BACKENDS } from '@glovebox/backends'
import { forkHost } from '@glovebox/conformance/disposable-host'
import { CASES, HOSTILE_GROUPS, runConformance } from '@glovebox/conformance/suite'
import { createCodeMode } from '@glovebox/core'
import { nodeVm } from '@glovebox/node-vm'
import { quickjsInline } from '@glovebox/quickjs/inline'
import { remote } from '@glovebox/workerd/remote'
import { workerLoader } from '@glovebox/workerd/worker'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import { startLoaderSuite } from '../packages/workerd/test/support/loader-suite.ts'
import { remoteAdapter, startServer } from '../packages/workerd/test/support/remote-host.ts'
import { progress, tableOf } from './report.mjs'

const HELP = `Usage: pnpm guarantees [--declared | --check]

  --declared   writes only the declarations of adapters
  --check      writes nothing; fails if the written declarations are out of date`

const { values: options } = parseArgs({
  options: {
    declared: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(HELP)
  process.exit()
}

const page = (name) => fileURLToPath(new URL(`../docs/${name}`, import.meta.url))
const wasm = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')
const inline = async () => quickjsInline({ variant, module: await WebAssembly.compile(await readFile(wasm)) })

/** Backends in Node by title, such as `isolatedVm()`. */
const IN_NODE = Object.fromEntries(
  Object.entries(BACKENDS).map(([name, create]) => [
    `${name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())}()`,
    { name, create },
  ]),
)

/** Writes a table between its marks in a page. With `--check`, only compares it. */
async function write(name, mark, table) {
  const start = `<!-- ${mark}: written by \`pnpm guarantees\` -->`
  const end = `<!-- end of ${mark} -->`
  const text = await readFile(page(name), 'utf8')
  const [before, rest] = text.split(start)
  const [, after] = (rest ?? '').split(end)
  if (after === undefined) throw new Error(`docs/${name} has no marks for ${mark}`)
  const written = `${before}${start}\n\n${table}\n\n${end}${after}`
  if (!options.check) await writeFile(page(name), written)
  else if (written !== text) throw new Error(`docs/${name} is out of date: run \`pnpm guarantees --declared\``)
}

const TITLES = {
  boundary: 'boundary',
  stopsLoops: 'stops programs that compute forever',
  stopsNativeLoops: 'stops built-ins that never return',
  stopsReading: 'stops texts that take forever to parse',
  survivesOutOfMemory: 'no allocation can end the host',
  memory: 'memory bound',
  cpuTime: 'measures CPU time, not elapsed time',
  isolatesCrashes: 'a crash affects no other program',
  deterministic: 'the same run log gives the same execution',
}

async function writeDeclared() {
  /** Declarations do not depend on a loader or a server, so placeholders are enough. */
  const loader = { load() {}, get() {} }
  const token = 'placeholder'
  const sandboxes = {
    ...Object.fromEntries(Object.entries(IN_NODE).map(([title, { create }]) => [title, create()])),
    'remote()': remote({ url: 'https://glovebox.example.workers.dev', token }),
    'workerLoader()': workerLoader({ loader, platform: 'cloudflare' }),
    'workerLoader(), local': workerLoader({ loader }),
    'quickjsInline()': await inline(),
  }
  const show = (value) => (typeof value === 'string' ? value : value ? 'yes' : 'no')
  const names = Object.keys(sandboxes)
  const rows = Object.entries(TITLES).map(([key, title]) => [
    title,
    ...names.map((name) => show(sandboxes[name].guarantees[key])),
  ])
  await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()))
  await write(
    'guides/choosing-a-sandbox.md',
    'guarantees',
    tableOf([['', ...names.map((name) => `\`${name}\``)], ...rows]),
  )
}

/** Runs the conformance suite on every backend. Returns the case reports by backend. */
async function conform() {
  const reports = {}
  const inNode = async (title, adapter) => {
    let done = 0
    const { cases } = await runConformance({ ...adapter, onCase: ({ id }) => progress(`${title}: ${++done} ${id}`) })
    reports[title] = cases
  }
  for (const [title, adapter] of Object.entries(IN_NODE)) await inNode(title, adapter)
  const host = new URL('../packages/quickjs/test/inline-host.ts', import.meta.url)
  await inNode('quickjsInline()', {
    name: 'quickjs inline',
    create: inline,
    createDisposableHost: () => forkHost(host),
  })
  {
    await using suite = await startLoaderSuite()
    const cases = []
    for (const [group, each] of Object.entries(CASES).flatMap(([name, list]) => list.map((one) => [name, one]))) {
      cases.push({ id: each.id, group, ...(await suite.judge(each)) })
      progress(`workerLoader(): ${cases.length} ${each.id}`)
    }
    reports['workerLoader(), local'] = cases
  }
  const server = await startServer()
  await inNode(
    'remote(), local',
    remoteAdapter(() => server.url),
  )
  await server.stop()
  progress('')
  return reports
}

function suiteTable(reports) {
  const names = Object.keys(reports)
  const cell = (cases, includes) => {
    const among = cases.filter(includes)
    const of = (outcome) => among.filter((report) => report.outcome === outcome).length
    const failed = of('failed') > 0 ? `, **${of('failed')} failed**` : ''
    const skipped = of('skipped') > 0 ? ` (${of('skipped')} –)` : ''
    return `${of('passed')}${skipped}${failed}`
  }
  const row = (title, includes) => [title, ...names.map((name) => cell(reports[name], includes))]
  const isHostile = ({ group }) => HOSTILE_GROUPS.includes(group)
  return tableOf([
    ['', ...names.map((name) => `\`${name}\``)],
    ...Object.keys(CASES).map((group) => row(group, (report) => report.group === group)),
    row('**all behaviours**', (report) => !isHostile(report)),
    row('**all hostile programs**', isHostile),
  ])
}

/** Returns the resident memory of this process and its descendants, in MB. */
function treeMegabytes() {
  const parents = new Map()
  const resident = new Map()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1')
      parents.set(pid, /^PPid:\s+(\d+)/m.exec(status)?.[1])
      resident.set(pid, Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0))
    } catch {
      // The process has just exited.
    }
  }
  const isOurs = (pid) => pid === `${process.pid}` || (parents.has(pid) && isOurs(parents.get(pid)))
  return [...resident].filter(([pid]) => isOurs(pid)).reduce((sum, [, kilobytes]) => sum + kilobytes, 0) / 1024
}

const HARM = {
  'a loop': 'for (;;) {}',
  'a built-in that never returns': 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  'a flood of arrays': 'const all = []; for (;;) all.push(new Array(1_000).fill(all.length))',
  'a flood of buffers': 'const all = []; for (;;) all.push(new Uint8Array(1_000_000).fill(1))',
}
const HARM_LIMITS = { cpuTimeMs: 200, memoryBytes: 64 * 1024 * 1024 }
const median = (numbers) => numbers.sort((left, right) => left - right)[Math.floor(numbers.length / 2)]

/** Measures the time and memory that hostile programs use until they are stopped. */
async function harmTable() {
  const backends = { ...IN_NODE, 'nodeVm()': { create: nodeVm } }
  const columns = []
  for (const [title, { create }] of Object.entries(backends)) {
    await using sandbox = create()
    await using codeMode = await createCodeMode({ sandbox, tools: {}, limits: HARM_LIMITS })
    await codeMode.execute('return 1')
    const cells = []
    for (const code of Object.values(HARM)) {
      const took = []
      const taken = []
      for (let round = 0; round < 5; round++) {
        await codeMode.execute('return 1')
        const before = treeMegabytes()
        let most = before
        const looking = setInterval(() => (most = Math.max(most, treeMegabytes())), 20)
        const { usage, ok } = await codeMode.execute(code)
        clearInterval(looking)
        if (ok) throw new Error(`${title}: ${code} returned`)
        took.push(usage.wallTimeMs)
        taken.push(most - before)
      }
      cells.push(`${median(took).toFixed(0)} ms, ${Math.max(0, median(taken)).toFixed(0)} MB`)
    }
    columns.push(cells)
    progress(`${title}: measured`)
  }
  progress('')
  return tableOf([
    ['', ...Object.keys(backends).map((name) => `\`${name}\``)],
    ...Object.keys(HARM).map((title, row) => [title, ...columns.map((cells) => cells[row])]),
  ])
}

await writeDeclared()
if (!options.check && !options.declared) {
  const reports = await conform()
  await write('reference/guarantees.md', 'the suite', suiteTable(reports))
  for (const [name, cases] of Object.entries(reports)) {
    for (const { id, outcome, detail } of cases) if (outcome === 'failed') console.log(`${name}: ${id}\n${detail}`)
  }
  if (process.platform === 'linux') await write('reference/guarantees.md', 'the harm', await harmTable())
  const failed = Object.values(reports)
    .flat()
    .some(({ outcome }) => outcome === 'failed')
  console.log(`Results of a machine with ${availableParallelism()} cores written${failed ? '; some cases failed' : ''}`)
  process.exit(failed ? 1 : 0)
}
