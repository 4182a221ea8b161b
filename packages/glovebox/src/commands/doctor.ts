import { styleText } from 'node:util'
import { BACKEND_NAMES } from '@glovebox/backends/load'
import type { Guarantees } from '@glovebox/core'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type Examined, examine } from '../sandboxes.ts'

/** Options of `glovebox doctor`. */
export interface DoctorOptions {
  readonly json?: boolean
}

/** Prints for each backend whether it runs here, and if not, why. */
export async function doctor({ json }: DoctorOptions): Promise<ExitCode> {
  const examined: Examined[] = []
  for (const backend of BACKEND_NAMES) examined.push(await examine(backend))
  const chosen = examined.find(({ runs }) => runs)?.name
  if (json === true) console.log(JSON.stringify({ ...surroundings(), default: chosen ?? null, sandboxes: examined }))
  else print(examined, chosen)
  return chosen === undefined ? EXIT.sandbox : EXIT.ok
}

const surroundings = () => ({ node: process.versions.node, platform: process.platform, arch: process.arch })

function print(examined: readonly Examined[], chosen: string | undefined): void {
  const { node, platform, arch } = surroundings()
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream: process.stdout })
  const width = Math.max(...examined.map(({ name }) => name.length))
  console.log(`Node ${node}, ${platform} ${arch}`)
  for (const each of examined) {
    const name = each.name.padEnd(width)
    if (!each.runs) {
      console.log(`${style('red', '✗')} ${name}  ${each.why}`)
      continue
    }
    const isDefault = each.name === chosen ? ' (the default)' : ''
    console.log(
      `${style('green', '✓')} ${name}  runs here${isDefault}; first program ${each.firstProgramMs.toFixed(0)} ms`,
    )
    console.log(style('dim', `  ${' '.repeat(width)}  ${describe(each.guarantees)}`))
  }
}

function describe(guarantees: Guarantees): string {
  return Object.entries(guarantees)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : value ? 'yes' : 'no'}`)
    .join(', ')
}
