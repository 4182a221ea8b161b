import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { BACKEND_NAMES, BACKENDS, type BackendName } from '@glovebox/backends'
import { Command, Option } from 'commander'
import { MEASURES, type Unit, withContext } from './measures.ts'
import { threadRoundTrip } from './noise.ts'
import type { Spread } from './stats.ts'
import { printRow } from './table.ts'

interface Row extends Spread {
  readonly sandbox: string
  readonly id: string
  readonly title: string
  readonly unit: Unit
}

const {
  json,
  quick,
  only,
  sandbox: chosen,
} = new Command('bench')
  .description('Measures the sandboxes. Each program runs in a new guest.')
  .option('--json <file>', 'also write the results to a file')
  .option('--quick', 'run a tenth of the repetitions')
  .option('--only <text>', 'run only measures whose id contains this text')
  .addOption(new Option('--sandbox <name>', 'measure only this sandbox').choices(BACKEND_NAMES))
  .parse()
  .opts<{ json?: string; quick?: boolean; only?: string; sandbox?: BackendName }>()

interface Figures {
  readonly node: string
  readonly cores: number
  readonly noise: Spread
  readonly rows: readonly Row[]
}

const names = BACKEND_NAMES
const figures = chosen === undefined ? await measureEach() : await measure(chosen)
if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, null, 2)}\n`)

/** Measures each sandbox in a separate process, so that the heap of one does not affect the next. */
async function measureEach(): Promise<readonly Figures[]> {
  const folder = await mkdtemp(join(tmpdir(), 'glovebox-bench-'))
  try {
    const all: Figures[] = []
    for (const name of names) {
      const file = join(folder, `${name}.json`)
      const child = spawn(
        process.execPath,
        [...process.execArgv, ...process.argv.slice(1), '--sandbox', name, '--json', file],
        { stdio: 'inherit' },
      )
      const [code] = await once(child, 'close')
      if (code !== 0) throw new Error(`measuring ${name} failed with exit code ${code}`)
      all.push(JSON.parse(await readFile(file, 'utf8')))
      console.log()
    }
    return all
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measure(name: BackendName): Promise<Figures> {
  const rows: Row[] = []
  const noise = await threadRoundTrip()
  console.log(`Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`)
  console.log(
    `noise: the round trip of a message to a thread takes ${noise.p50.toFixed(3)} ms (p95 ${noise.p95.toFixed(3)})\n`,
  )
  printRow(name, 'p50', 'p95', 'min', 'samples')
  await using sandbox = BACKENDS[name]()
  await withContext(sandbox, quick === true ? 0.1 : 1, async (context) => {
    for (const { id, title, unit, applies, run } of MEASURES) {
      if ((only !== undefined && !id.includes(only)) || applies?.(sandbox) === false) continue
      const spread = await run(context)
      rows.push({ sandbox: name, id, title, unit, ...spread })
      const show = (value: number) => `${value.toFixed(2)} ${unit}`
      printRow(title, show(spread.p50), show(spread.p95), show(spread.min), String(spread.samples))
    }
  })
  return { node: process.version, cores: availableParallelism(), noise, rows }
}
