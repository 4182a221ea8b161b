/**
 * Writes docs/reference/sizes.md: `pnpm sizes`. Installs each package from its tarball into an empty project, weighs it, and
 * measures how long its first import takes. Takes about three minutes, on a machine that should do nothing else.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { install, pack } from '../test/support/packed.ts'
import { progress, tableOf } from './report.mjs'

const HELP = `Usage: pnpm sizes

Writes docs/reference/sizes.md anew: what each package weighs, and how long its first import takes.`

const { values: options } = parseArgs({ options: { help: { type: 'boolean', default: false } } })
if (options.help) {
  console.log(HELP)
  process.exit()
}

const root = fileURLToPath(new URL('..', import.meta.url))
const RUNS = 9

/** What a package imports of its framework, where that is not all of it. */
const PARTS = { langchain: ['messages', 'tools', 'utils/json_schema'].map((part) => `@langchain/core/${part}`) }

/** Measures in a process of its own: the framework first, so that only what comes on top of it counts. */
const IMPORT = `const { argv: [, name, ...peers] } = process
const before = performance.now()
for (const peer of peers) await import(peer)
const framework = performance.now() - before
const start = performance.now()
await import(name)
console.log(JSON.stringify({ framework, own: performance.now() - start }))`

async function weigh(folder) {
  const weight = { bytes: 0, packages: 0 }
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name)
    if (!entry.isFile()) continue
    weight.bytes += (await lstat(file)).size
    if (entry.name === 'package.json' && /node_modules\/(?:@[^/]+\/)?[^/]+$/.test(entry.parentPath)) weight.packages++
  }
  return weight
}

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]

async function importTimes(project, name, peers) {
  const times = []
  for (let run = 0; run < RUNS; run++) {
    const command = ['--input-type=module', '--eval', IMPORT, name, ...peers]
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: project })
    times.push(JSON.parse(stdout))
  }
  return { own: median(times.map(({ own }) => own)), framework: median(times.map(({ framework }) => framework)) }
}

async function measure(folder, home) {
  const { name, peerDependencies = {} } = JSON.parse(
    readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
  )
  const project = join(home, folder)
  const tarballs = await pack([folder], join(home, 'tarballs'))
  await install(project, tarballs)
  const { bytes, packages } = await weigh(join(project, 'node_modules'))
  // Engines are loaded when they are needed, and not before; a framework is there in any case.
  const peers = Object.keys(peerDependencies).filter((peer) => !['isolated-vm', 'workerd'].includes(peer))
  const needed = peers.map((peer) => `${peer}@${peerDependencies[peer]}`)
  if (needed.length > 0) await install(project, [...tarballs, ...needed])
  const { own, framework } = await importTimes(project, name, PARTS[folder] ?? peers)
  return [
    `\`${name}\``,
    (bytes / 1e6).toFixed(1),
    String(packages),
    own.toFixed(0),
    peers.length === 0 ? '' : `${framework.toFixed(0)} (\`${peers.join('`, `')}\`)`,
  ]
}

const home = mkdtempSync(join(tmpdir(), 'glovebox-sizes-'))
try {
  const folders = readdirSync(join(root, 'packages'))
  const rows = []
  for (const [index, folder] of folders.entries()) {
    progress(`${index + 1} of ${folders.length}: ${folder}`)
    rows.push(await measure(folder, home))
  }
  progress('')
  const heads = ['package', 'installed, MB', 'packages', 'first import, ms', 'its framework, ms']
  const table = tableOf([heads, ...rows.toSorted(([one], [other]) => one.localeCompare(other))])
  writeFileSync(
    join(root, 'docs', 'reference', 'sizes.md'),
    `# Sizes

What a package takes when it is installed, everything that it needs included and the framework that it is for left out; and how long the first import of it
takes, once its framework is imported: medians of ${RUNS} processes of Node ${process.versions.node} on ${availableParallelism()} cores, written by \`pnpm sizes\`.

${table}

\`pnpm check\` holds how large the packages themselves may be, bundled and as published: see [.size-limit.js](../../.size-limit.js).
`,
  )
} finally {
  rmSync(home, { recursive: true, force: true })
}
