/** Runs all static checks: `pnpm check`. Every step runs, even if an earlier one fails. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const published = readdirSync(join(root, 'packages'))
  .map((name) => join('packages', name))
  .filter((folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).private !== true)

/** Returns the entries that are not imported, because threads and processes start from them. */
function scripts(folder) {
  const { exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  return Object.keys(exports).filter((name) => typeof exports[name] === 'string' && name !== './package.json')
}

function excludeScripts(folder) {
  const names = scripts(folder)
  return names.length === 0 ? [] : ['--exclude-entrypoints', ...names]
}

const STEPS = [
  ['types', 'turbo', ['run', 'types', '--output-logs=errors-only']],
  ['types of tests and scripts', 'tsc', ['-p', '.']],
  ['lint and format', 'biome', ['ci', '--error-on-warnings']],
  ['dead code and dependencies', 'knip', []],
  ...published.map((folder) => [`publint ${folder}`, 'publint', [folder, '--strict']]),
  ...published.map((folder) => [
    `attw ${folder}`,
    'attw',
    ['--pack', folder, '--profile', 'esm-only', ...excludeScripts(folder)],
  ]),
  ['sizes', 'size-limit', []],
  ['API reference', 'typedoc', ['--treatWarningsAsErrors']],
]

function run(command, args) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', TURBO_TELEMETRY_DISABLED: '1' },
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ code: 1, output: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

let failures = 0
for (const [title, command, args] of STEPS) {
  const started = Date.now()
  console.log(`▸ ${title} …`)
  const { code, output } = await run(command, args)
  console.log(`${code === 0 ? '✓' : '✗'} ${title} ${((Date.now() - started) / 1000).toFixed(1)} s`)
  if (code === 0) continue
  failures++
  console.log(output)
}
console.log(failures === 0 ? 'All checks passed.' : `${failures} of ${STEPS.length} checks failed.`)
process.exitCode = failures === 0 ? 0 : 1
