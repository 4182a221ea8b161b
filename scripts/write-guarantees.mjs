/** Writes the table of docs/guides/choosing-a-sandbox.md from what the adapters declare. With `--check`, only compares. */
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isolatedVm } from '@glovebox/isolated-vm'
import { quickjs } from '@glovebox/quickjs'
import { quickjsInline } from '@glovebox/quickjs/inline'
import { workerd } from '@glovebox/workerd'
import { remote } from '@glovebox/workerd/remote'
import { workerLoader } from '@glovebox/workerd/worker'
import variant from '@jitl/quickjs-wasmfile-release-sync'

const page = fileURLToPath(new URL('../docs/guides/choosing-a-sandbox.md', import.meta.url))
const START = '<!-- guarantees: written by `pnpm guarantees` -->'
const END = '<!-- end of guarantees -->'

const TITLES = {
  boundary: 'boundary',
  stopsLoops: 'stops programs that compute for ever',
  stopsNativeLoops: 'stops built-ins that never return',
  survivesOutOfMemory: 'no allocation can end the host',
  memory: 'memory bound',
  cpuTime: 'CPU time measured as such',
  isolatesCrashes: 'a crash costs no other program',
  deterministic: 'the same journal gives the same run',
}

const wasm = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')
/** What they declare does not depend on what is behind them. */
const loader = { load() {}, get() {} }
const token = 'none is needed to ask'
const sandboxes = {
  'isolatedVm()': isolatedVm(),
  'workerd()': workerd(),
  'quickjs()': quickjs(),
  'remote()': remote({ url: 'https://glovebox.example.workers.dev', token }),
  'workerLoader()': workerLoader({ loader, platform: 'cloudflare' }),
  'workerLoader(), local': workerLoader({ loader }),
  'quickjsInline()': quickjsInline({ variant, module: await WebAssembly.compile(await readFile(wasm)) }),
}

const show = (value) => (typeof value === 'string' ? value : value ? 'yes' : 'no')
const names = Object.keys(sandboxes)
const cells = [
  ['', ...names.map((name) => `\`${name}\``)],
  ...Object.entries(TITLES).map(([key, title]) => [
    title,
    ...names.map((name) => show(sandboxes[name].guarantees[key])),
  ]),
]
await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()))

const widths = cells[0].map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)))
const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
const table = [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n')

const text = await readFile(page, 'utf8')
const [before, rest] = text.split(START)
const [, after] = (rest ?? '').split(END)
if (after === undefined) throw new Error(`${page} has no place for the table`)
const written = `${before}${START}\n\n${table}\n\n${END}${after}`
if (!process.argv.includes('--check')) await writeFile(page, written)
else if (written !== text) throw new Error('docs/guides/choosing-a-sandbox.md is out of date: run `pnpm guarantees`')
