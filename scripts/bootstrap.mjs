/**
 * `npm start` and `npm test`: brings what is needed, builds, then runs the demo or the suite. Needs Node 20 or newer and
 * npm, and nothing else; the Node that runs the rest comes with the dependencies.
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

const HELP = `Usage: npm start | npm test [-- <arguments of vitest>]

  npm start   runs the demo: a real MCP server, its TypeScript API, a program in a sandbox
  npm test    runs the whole suite

Both install and build first what is missing or out of date.`

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
    // It ended by itself in the meantime.
  }
}

/** Runs a command. With `quiet`, its output is shown only if it fails. */
function run(command, args, { quiet = false } = {}) {
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

/** One line while it goes on, and one when it is done. */
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

const build = () =>
  step('Building', () =>
    run('npx', [...PNPM, 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], { quiet: true }),
  )

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
  await build()
  process.exitCode = command === 'start' ? await start() : await test(args)
} catch (error) {
  console.error(red(error.message))
  process.exitCode = 1
}
