import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { codemode, glovebox, jsonSchemaToTypeScript } from './converters.ts'
import type { ListedTool, Server } from './corpus.ts'
import { type Spread, spreadOf } from './stats.ts'
import { printRow } from './table.ts'

/** Token counts with the encoding o200k_base. */
interface TokenRow {
  readonly server: string
  readonly tools: number
  readonly raw: number
  readonly full: number
  readonly compact: number
  readonly signatures: number
  readonly codemode: number
}

/** Milliseconds per 1,000 tools. */
interface SpeedRow extends Spread {
  readonly id: string
  /** Ratio of the median to that of glovebox. */
  readonly ratio: number
}

interface Contender {
  readonly id: string
  readonly warmUps: number
  readonly rounds: number
  convert(tools: readonly ListedTool[]): string | Promise<string>
}

const CONTENDERS: readonly Contender[] = [
  { id: 'glovebox, full', warmUps: 20, rounds: 30, convert: (tools) => glovebox(tools, 'full') },
  { id: '@cloudflare/codemode', warmUps: 20, rounds: 30, convert: codemode },
  { id: 'json-schema-to-typescript', warmUps: 2, rounds: 5, convert: jsonSchemaToTypeScript },
]

/** Token counts and times of converters of tool schemas to TypeScript. */
export interface Converters {
  readonly tokens: readonly TokenRow[]
  readonly speed: readonly SpeedRow[]
}

/** Compares converters. Prints and returns their figures. */
export async function compare(servers: readonly Server[], effort: number): Promise<Converters> {
  console.log('codemode: the types in the description of createBrowserCodeTool from @cloudflare/codemode/browser;')
  console.log('          its other entry with a JSON Schema converter only loads in Workers\n')
  // Times are measured first, because the tokenizer enlarges the heap and slows down garbage collection.
  const speed = await timeAll(servers, effort)
  console.log()
  return { tokens: countAll(servers), speed }
}

function countAll(servers: readonly Server[]): TokenRow[] {
  printRow('tokens', 'tools', 'raw', 'full', 'compact', 'signatures', 'codemode')
  const rows = servers.map(tokensOf)
  const largest = rows.reduce((left, right) => (right.raw > left.raw ? right : left))
  const totals = [
    sum(`all ${rows.length}`, rows),
    sum(
      `all but ${largest.server}`,
      rows.filter((row) => row !== largest),
    ),
  ]
  for (const row of [...rows, ...totals]) {
    const share = (count: number) => `${((100 * count) / row.raw).toFixed(1)} %`
    const shares = [row.full, row.compact, row.signatures, row.codemode].map(share)
    printRow(row.server, String(row.tools), String(row.raw), ...shares)
  }
  return [...rows, ...totals]
}

function tokensOf({ name, tools }: Server): TokenRow {
  return {
    server: name,
    tools: tools.length,
    raw: tokensIn(JSON.stringify(tools)),
    full: tokensIn(glovebox(tools, 'full')),
    compact: tokensIn(glovebox(tools, 'compact')),
    signatures: tokensIn(glovebox(tools, 'signatures')),
    codemode: tokensIn(codemode(tools)),
  }
}

/** Counts tokens. Special tokens in a description count as text. */
function tokensIn(text: string): number {
  return countTokens(text, { disallowedSpecial: new Set() })
}

function sum(server: string, rows: readonly TokenRow[]): TokenRow {
  const total = (key: Exclude<keyof TokenRow, 'server'>) => rows.reduce((count, row) => count + row[key], 0)
  return {
    server,
    tools: total('tools'),
    raw: total('raw'),
    full: total('full'),
    compact: total('compact'),
    signatures: total('signatures'),
    codemode: total('codemode'),
  }
}

async function timeAll(servers: readonly Server[], effort: number): Promise<SpeedRow[]> {
  printRow('ms per 1,000 tools, warm', 'p50', 'p95', 'min', 'samples', 'ratio')
  const rows: SpeedRow[] = []
  for (const contender of CONTENDERS) {
    const spread = await timeOne(contender, servers, effort)
    const ratio = spread.p50 / (rows[0] ?? spread).p50
    rows.push({ id: contender.id, ratio, ...spread })
    const show = (value: number) => `${value.toFixed(2)} ms`
    const cells = [
      show(spread.p50),
      show(spread.p95),
      show(spread.min),
      String(spread.samples),
      `${ratio.toFixed(2)} ×`,
    ]
    printRow(contender.id, ...cells)
  }
  return rows
}

async function timeOne(
  { warmUps, rounds, convert }: Contender,
  servers: readonly Server[],
  effort: number,
): Promise<Spread> {
  const tools = servers.reduce((count, server) => count + server.tools.length, 0)
  const skipped = Math.max(1, warmUps * effort)
  const samples: number[] = []
  for (let round = 0; round < skipped + Math.max(1, rounds * effort); round++) {
    // Schemas are cloned, so that converters cannot use caches by identity.
    const fresh = structuredClone(servers)
    const started = performance.now()
    for (const server of fresh) await convert(server.tools)
    if (round >= skipped) samples.push(((performance.now() - started) * 1000) / tools)
  }
  return spreadOf(samples)
}
