/**
 * Writes docs/reference/sizes.md: `pnpm sizes`. Installs each package from its tarball into an empty project, and
 * measures its installed size and its first import. Takes about three minutes. Run it on an otherwise
 * idle machine.
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

Writes docs/reference/sizes.md: the installed size and the first import time of each package.`

const { values: options } = parseArgs({ options: { help: { type: 'boolean', default: false } } })
if (options.help) {
  console.log(HELP)
  process.exit()
}

const root = fileURLToPath(new URL('..', import.meta.url))
const RUNS = 9

/** Framework entry points of packages that do not import the whole framework. */
const PARTS = { langchain: ['messages', 'tools', 'utils/json_schema'].map((part) => `@langchain/core/${part}`) }

/** Runs in a separate process. Imports the framework first, so that its time is not counted as the package's. */
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
  // Engines are loaded on first use, so they are not part of the import time. A framework is always loaded.
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
  const heads = ['package', 'installed, MB', 'packages', 'first import, ms', 'framework import, ms']
  const table = tableOf([heads, ...rows.toSorted(([one], [other]) => one.localeCompare(other))])
  writeFileSync(
    join(root, 'docs', 'reference', 'sizes.md'),
    `# Sizes

This page shows how much each package adds to an installation and to the start of a program.

- **Installed**: the package with all its dependencies, without the framework it is for.
- **First import**: the time of the first import, after its framework was imported.

The times are medians of ${RUNS} processes of Node ${process.versions.node} on ${availableParallelism()} cores. \`pnpm sizes\` writes this page.

${table}

The package sizes themselves, bundled and as published, are limited by [.size-limit.js](../../.size-limit.js), which \`pnpm check\` enforces.
`,
  )
} finally {
  rmSync(home, { recursive: true, force: true })
}
