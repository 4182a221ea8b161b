import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { isolatedVm } from '@glovebox/isolated-vm'
import { quickjs } from '@glovebox/quickjs'
import { Command } from 'commander'
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

const SANDBOXES = { quickjs: () => quickjs(), 'isolated-vm': () => isolatedVm() }

const {
  json,
  quick,
  only,
  sandbox: chosen,
} = new Command('bench')
  .description('Measures the sandboxes, each program in a fresh guest. Medians with their spread.')
  .option('--json <file>', 'also write the figures to a file')
  .option('--quick', 'a quick look: a tenth of the repetitions')
  .option('--only <text>', 'only the measures whose id holds this text')
  .option('--sandbox <name>', 'only this sandbox')
  .parse()
  .opts<{ json?: string; quick?: boolean; only?: string; sandbox?: string }>()

const rows: Row[] = []
const noise = await threadRoundTrip()
console.log(`Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`)
console.log(`noise: a message to a thread and back takes ${noise.p50.toFixed(3)} ms (p95 ${noise.p95.toFixed(3)})\n`)
printRow('measure', 'p50', 'p95', 'min', 'samples')
for (const [name, create] of Object.entries(SANDBOXES)) {
  if (chosen !== undefined && chosen !== name) continue
  await using sandbox = create()
  await withContext(sandbox, quick === true ? 0.1 : 1, async (context) => {
    for (const { id, title, unit, applies, run } of MEASURES) {
      if ((only !== undefined && !id.includes(only)) || applies?.(sandbox) === false) continue
      const spread = await run(context)
      rows.push({ sandbox: name, id, title, unit, ...spread })
      const show = (value: number) => `${value.toFixed(2)} ${unit}`
      printRow(`${name}: ${title}`, show(spread.p50), show(spread.p95), show(spread.min), String(spread.samples))
    }
  })
}
if (json !== undefined) {
  await writeFile(
    json,
    `${JSON.stringify({ node: process.version, cores: availableParallelism(), noise, rows }, null, 2)}\n`,
  )
}
