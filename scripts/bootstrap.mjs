/**
 * Installs and builds the project, then runs the demo or the tests: `npm start` and `npm test`. Requires only npm and
 * Node 20 or newer. Everything else runs on the Node version that is a dependency of the project.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const PNPM = ['-y', 'pnpm@12.21.0']
const STAMP = join(root, 'node_modules', '.bootstrap')

const HELP = `Usage: npm start | npm test [-- <vitest arguments>]

  npm start   runs the demo: a real MCP server, its TypeScript API and a program in a sandbox
  npm test    runs all tests

Both commands first install and build what is missing or out of date. If the arguments are files of packages, as in
\`npm test -- packages/core/test/codec.test.ts\`, only what these packages' tests need is built.`

const isTerminal = process.stdout.isTTY && !process.env.NO_COLOR
const dim = (text) => (isTerminal ? `\u001b[2m${text}\u001b[22m` : text)
const red = (text) => (isTerminal ? `\u001b[31m${text}\u001b[39m` : text)

let child
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (child?.pid !== undefined) killGroup(child.pid, signal)
    process.exit(130)
  })
}

function killGroup(pid, signal) {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // The process has exited in the meantime.
  }
}

/** Runs a command. With `quiet`, its output is shown only if it fails. */
function run(command, args, { quiet = false, environment = {} } = {}) {
  return new Promise((resolve, reject) => {
    let output = ''
    child = spawn(command, args, {
      cwd: root,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      detached: process.platform !== 'win32',
      shell: process.platform === 'win32',
      env: {
        ...process.env,
        ...(isTerminal ? {} : { NO_COLOR: '1' }),
        TURBO_TELEMETRY_DISABLED: '1',
        DO_NOT_TRACK: '1',
        ...environment,
      },
    })
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => {
      reject(
        error.code === 'ENOENT'
          ? new Error(`${command} is not on PATH. Install Node with npm: https://nodejs.org`)
          : error,
      )
    })
    child.on('close', (code) => {
      if (quiet && code !== 0) process.stderr.write(output)
      resolve(code ?? 1)
    })
  })
}

/** Runs a step and prints a line before and after it. */
async function step(title, action) {
  const started = Date.now()
  process.stdout.write(`▸ ${title} …\n`)
  const code = await action()
  if (code !== 0) throw new Error(`${title}: failed with exit code ${code}`)
  process.stdout.write(dim(`✓ ${title}, ${((Date.now() - started) / 1000).toFixed(1)} s\n`))
}

async function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex')
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return
  await step('Installing dependencies (the first time takes about half a minute)', () =>
    run('npx', [...PNPM, 'install', '--frozen-lockfile'], { quiet: true }),
  )
  writeFileSync(STAMP, wanted)
}

/**
 * Runs a turbo task for packages and their dependencies.
 *
 * @param packages names or folders; all packages if empty
 * @param environment variables that select what is built
 */
const build = (task, packages, environment = {}) =>
  step('Building', () => {
    const filters = packages.map((name) => `--filter=${name}`)
    const command = [...PNPM, 'exec', 'turbo', 'run', task, '--output-logs=errors-only', ...filters]
    return run('npx', command, { quiet: true, environment })
  })

/** Returns the packages of the test files in the arguments, or an empty list if other arguments are present. */
function packagesOf(args) {
  const folders = args.map((arg) => /^(?:\.\/)?(packages\/[\w-]+)(?:\/|$)/.exec(arg.replaceAll('\\', '/'))?.[1])
  return folders.includes(undefined) ? [] : [...new Set(folders)].map((folder) => `./${folder}`)
}

const start = () => run('npx', [...PNPM, 'exec', 'node', 'apps/demo/dist/main.js'])

async function test(args) {
  const folder = mkdtempSync(join(tmpdir(), 'glovebox-test-'))
  try {
    const report = join(folder, 'report.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const code = await run('npx', [...PNPM, 'exec', 'vitest', 'run', ...reporters, ...args])
    const {
      numPassedTests: passed,
      numFailedTests: failed,
      numPendingTests: skipped,
    } = JSON.parse(readFileSync(report, 'utf8'))
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
    return passed + failed === 0 ? 1 : code
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [command, ...args] = process.argv.slice(2)
if (args.includes('--help') || (command !== 'start' && command !== 'test')) {
  console.log(HELP)
  process.exit(command === 'start' || command === 'test' ? 0 : 2)
}
try {
  await install()
  const packages = command === 'start' ? ['@glovebox/demo'] : packagesOf(args)
  // Only a run of all tests needs declarations, which take longer to build than the code.
  const environment = packages.length > 0 ? { SKIP_DECLARATIONS: '1' } : {}
  await build(command === 'start' ? 'build' : 'test-build', packages, environment)
  process.exitCode = command === 'start' ? await start() : await test(args)
} catch (error) {
  console.error(red(error.message))
  process.exitCode = 1
}
