/**
 * Runs in full the tests that `npm test` and CI only sample, and writes dated results to docs/reference/proofs.md:
 * `pnpm proofs`. Takes several hours on two cores. `--only` runs some proofs and keeps the rows of the others.
 */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const PAGE = fileURLToPath(new URL('../docs/reference/proofs.md', import.meta.url))
const BEGIN = '<!-- results: written by `pnpm proofs` -->'
const END = '<!-- end of results -->'
const PNPM = ['-y', 'pnpm@12.21.0']

const last = (output, pattern) => [...output.matchAll(pattern)].at(-1)?.[0]
const allOf = (output, pattern) => [...output.matchAll(pattern)].map(([line]) => line).join('; ')

/** Proofs, each with its command and a function that extracts the figures from the output. */
const PROOFS = [
  {
    id: 'hostile-values',
    what: '100,000 random hostile values against random hostile schemas',
    args: ['exec', 'vitest', 'run', 'test/hostile-values.test.ts'],
    env: { HOSTILE_VALUES: '100000' },
    figures: (output) => last(output, /\d+ values: main-thread CPU .*/g),
  },
  {
    id: 'hostile-schemas',
    what: 'random hostile schemas, converted to TypeScript',
    args: ['exec', 'vitest', 'run', 'packages/core/test/random-hostile-schemas.test.ts'],
    env: { SCHEMA_RUNS: '20000' },
    figures: (output) => last(output, /Tests .*/g),
  },
  {
    id: 'patterns',
    what: '100,000 random patterns, RE2 compared with JavaScript',
    args: ['exec', 'vitest', 'run', 'packages/core/test/patterns.test.ts'],
    env: { FUZZ_RUNS: '100000' },
    figures: (output) => last(output, /Tests .*/g),
  },
  {
    id: 'differential',
    what: '100,000 random expressions on each backend, compared with Node',
    args: ['exec', 'vitest', 'run', 'test/differential.test.ts'],
    env: { EXPRESSIONS: '100000' },
    figures: (output) => last(output, /Tests .*/g),
  },
  {
    id: 'fuzz',
    what: '5,000 random programs and forged messages on each backend',
    args: ['fuzz'],
    figures: (output) => last(output, /Tests .*/g),
  },
  {
    id: 'guarantees',
    what: 'the whole conformance suite on every backend',
    args: ['guarantees'],
    figures: () => 'see [guarantees](guarantees.md)',
  },
  {
    id: 'test262',
    what: 'the conformance suite of the language',
    args: ['test262'],
    figures: () => 'see [test262](test262.md)',
  },
  {
    id: 'soak',
    what: '100,000 executions on each backend, including hostile ones, while processes are killed at random',
    args: ['soak'],
    figures: (output) =>
      [...output.matchAll(/^\{"name":.*/gm)]
        .map(([line]) => JSON.parse(line))
        .map(
          (each) =>
            `${each.name}: ${each.executions} in ${each.seconds.toFixed(0)} s, ${each.hostile} hostile, ${each.kills} kills, ${each.wrong} wrong, ${(each.residentBytes / 1e6).toFixed(0)} MB, grown by ${(each.growth / 1e6).toFixed(0)} MB and ${each.descriptorGrowth} descriptors`,
        )
        .join('; '),
  },
  {
    id: 'killed-hosts',
    what: 'hosts killed at every position of the logs of 40 programs, with SQLite and PostgreSQL',
    args: ['exec', 'vitest', 'run', 'test/killed-hosts.test.ts'],
    env: { KILL_SAMPLE: '100000' },
    figures: (output) => last(output, /\d+ hosts killed: .*/g),
  },
  {
    id: 'waiting-runs',
    what: '10,000 suspended and 10,000 hibernating runs',
    args: ['waiting-runs'],
    figures: (output) => allOf(output, /^\w+, \w+: \d+ runs, .*/gm),
  },
  {
    id: 'real-servers',
    what: 'connections to real MCP servers, their declarations, and programs on those that work offline',
    args: ['real-servers'],
    figures: (output) => last(output, /\d+ of \d+ servers connected, .*/g),
  },
  {
    id: 'mutants',
    what: 'deliberate faults that a test must detect',
    args: ['mutants'],
    figures: (output) => allOf(output, /^\d+ of \d+ .*/gm),
  },
]

const HELP = `Usage: pnpm proofs [--only ID[,ID…]]

${PROOFS.map(({ id, what }) => `  ${id.padEnd(16)} ${what}`).join('\n')}`

const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean' } } })
if (values.help) {
  console.log(HELP)
  process.exit()
}
const wanted = values.only?.split(',') ?? PROOFS.map(({ id }) => id)
const unknown = wanted.filter((id) => !PROOFS.some((proof) => proof.id === id))
if (unknown.length > 0) {
  console.error(`Unknown proof: ${unknown.join(', ')}.\n\n${HELP}`)
  process.exit(2)
}

let child
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (child?.pid !== undefined) process.kill(-child.pid, signal)
    process.exit(130)
  })
}

function run({ args, env }) {
  return new Promise((resolve) => {
    let output = ''
    child = spawn('npx', [...PNPM, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, NO_COLOR: '1', ...env },
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
        process.stdout.write(text)
      })
    }
    child.on('close', (code) => resolve({ code, output }))
  })
}

/** Returns the existing rows of the page, by proof. */
function readRows(page) {
  const table = page.slice(page.indexOf(BEGIN), page.indexOf(END))
  return new Map([...table.matchAll(/^\| `([\w-]+)` .*$/gm)].map(([row, id]) => [id, row]))
}

function writeRow(id, row) {
  const page = readFileSync(PAGE, 'utf8')
  const rows = readRows(page).set(id, row)
  const table = [
    '| proof | what is run | date | took | result |',
    '| --- | --- | --- | --- | --- |',
    ...PROOFS.flatMap((proof) => rows.get(proof.id) ?? []),
  ].join('\n')
  writeFileSync(PAGE, `${page.slice(0, page.indexOf(BEGIN))}${BEGIN}\n\n${table}\n\n${page.slice(page.indexOf(END))}`)
}

let failures = 0
for (const proof of PROOFS.filter(({ id }) => wanted.includes(id))) {
  const load = loadavg()[0]
  console.log(`▸ ${proof.id}: ${proof.what}; load ${load.toFixed(1)} on ${cpus().length} cores`)
  const started = Date.now()
  const { code, output } = await run(proof)
  if (code !== 0) failures++
  const minutes = ((Date.now() - started) / 60_000).toFixed(1)
  const result = code === 0 ? (proof.figures(output) ?? 'passed') : `**failed** with code ${code}`
  const date = new Date().toISOString().slice(0, 10)
  writeRow(
    proof.id,
    `| \`${proof.id}\` | ${proof.what} | ${date} | ${minutes} min | ${result.trim().replaceAll('|', '/')} |`,
  )
}
console.log(failures === 0 ? 'All proofs passed.' : `${failures} of ${wanted.length} proofs failed.`)
process.exitCode = failures === 0 ? 0 : 1
