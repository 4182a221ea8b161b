/**
 * Runs the conformance suites on every supported version of Node, installed from npm: `pnpm test:runtimes`. Node 22
 * needs another release of isolated-vm, so it is tested in a copy of the repository.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BACKEND_NAMES } from '@glovebox/backends'
import { copyRepository, root } from './repository-copy.mjs'

const cache = join(root, 'node_modules', '.cache', 'runtimes')
const PNPM = ['-y', 'pnpm@12.21.0']

/** Newest tested release of each Node version, with dependency versions that replace those of the lockfile. */
const RUNTIMES = {
  22: { node: '22.23.3', overrides: { 'isolated-vm': '6.2.0' } },
  24: { node: '24.21.0', overrides: {} },
  26: { node: '26.10.0', overrides: {} },
}
const SUITES = [
  ...BACKEND_NAMES.map((name) => `packages/${name}/test/conformance`),
  'packages/glovebox/test/run.test.ts',
]

const HELP = `Usage: pnpm test:runtimes [--node <versions>] [<test files>]

  --node <versions>   for example 22,26 (default: ${Object.keys(RUNTIMES).join(',')})

Runs the conformance suites by default.`

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: 'string' }, help: { type: 'boolean', default: false } },
})
if (options.help) {
  console.log(HELP)
  process.exit()
}
const versions = options.node?.split(',') ?? Object.keys(RUNTIMES)
const unknown = versions.filter((version) => RUNTIMES[version] === undefined)
if (unknown.length > 0) {
  console.error(`--node must list versions from ${Object.keys(RUNTIMES).join(', ')}; got ${options.node}`)
  process.exit(2)
}

let child
let copy
const cleanUp = () => copy !== undefined && rmSync(copy, { recursive: true, force: true })
process.on('exit', cleanUp)
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    child?.kill(signal)
    process.exit(130)
  })
}

function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    child = spawn(command, args, { cwd, stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

async function must(command, args, cwd) {
  const code = await run(command, args, cwd)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed with exit code ${code}`)
}

/** Installs a release of Node if necessary and returns the path of its binary. */
async function bringNode(version) {
  const folder = join(cache, version)
  const binary = join(folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    await must('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node@${version}`], root)
  }
  return binary
}

/** Copies and builds the repository with other versions of dependencies. Returns the folder. */
async function copyWith(overrides) {
  copy = mkdtempSync(join(tmpdir(), 'glovebox-runtime-'))
  for (const file of copyRepository(copy).filter((name) => name.endsWith('package.json'))) {
    let text = readFileSync(join(copy, file), 'utf8')
    for (const [name, version] of Object.entries(overrides)) {
      text = text.replaceAll(new RegExp(`"${name}": "\\d[^"]*"`, 'g'), `"${name}": "${version}"`)
    }
    writeFileSync(join(copy, file), text)
  }
  await must('npx', [...PNPM, 'install', '--no-frozen-lockfile', '--reporter=silent'], copy)
  await must('npx', [...PNPM, 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], copy)
  return copy
}

const outcomes = []
for (const version of versions) {
  const { node, overrides } = RUNTIMES[version]
  console.log(`▸ Node ${node} …`)
  const binary = await bringNode(node)
  const home = Object.keys(overrides).length > 0 ? await copyWith(overrides) : root
  const suites = positionals.length > 0 ? positionals : SUITES
  const code = await run(binary, ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...suites], home)
  outcomes.push([node, code === 0 ? 'passed' : 'failed'])
  cleanUp()
}
for (const [node, outcome] of outcomes) console.log(`Node ${node}: ${outcome}`)
process.exit(outcomes.every(([, outcome]) => outcome === 'passed') ? 0 : 1)
