import { readdirSync, readFileSync } from 'node:fs'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, it } from 'vitest'
import type { Tool, ToolAnnotations } from '../src/catalog/tool.ts'
import { declarationsFromTools } from '../src/declarations/declarations.ts'
import { STYLES, type Style } from '../src/schema/style.ts'
import type { JsonSchema } from '../src/values/json-schema.ts'
import { checkTypes } from './schema-proof/typescript-check.ts'

/** The part of an answer to `tools/list` that describes a tool to a model. */
interface ListedTool {
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly inputSchema?: JsonSchema
  readonly outputSchema?: JsonSchema
  readonly annotations?: ToolAnnotations
}

const LISTED = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations']
const FOLDER = new URL('./data/mcp/', import.meta.url)

/** Servers whose declarations are stored as snapshots, so that changes of the output are visible in reviews. */
const KEPT = new Map([
  ['modelcontextprotocol__server-filesystem', 'filesystem'],
  ['modelcontextprotocol__server-memory', 'memory'],
  ['modelcontextprotocol__server-everything', 'everything'],
  ['modelcontextprotocol__server-github', 'github'],
  ['modelcontextprotocol__server-slack', 'slack'],
  ['cyanheads__git-mcp-server', 'git-mcp-server'],
  ['sentry__mcp-server', 'sentry'],
  ['notionhq__notion-mcp-server', 'notion'],
  ['tavily-mcp', 'tavily'],
  ['playwright__mcp', 'playwright'],
])

/** Maximum share of the tokens of `tools/list`, over all servers. */
const LARGEST_SHARE: Record<Style, number> = { full: 0.7, compact: 0.4, signatures: 0.12, index: 0.04 }

const servers = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => {
    const { tools } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as { tools: ListedTool[] }
    const base = file.replace(/\.json$/, '')
    return { name: KEPT.get(base) ?? base, isKept: KEPT.has(base), tools }
  })

const declared = servers.map((server) => ({ ...server, texts: textsOf(server.name, server.tools) }))

function textsOf(namespace: string, listed: readonly ListedTool[]): Record<Style, string> {
  const tools = listed.map((tool): Tool => ({ ...tool, execute: () => undefined }))
  const text = (style: Style) => declarationsFromTools(tools, { namespace, style }).text
  return { full: text('full'), compact: text('compact'), signatures: text('signatures'), index: text('index') }
}

/** Counts tokens. Names of special tokens in a description count as text. */
const tokensIn = (text: string): number => countTokens(text, { disallowedSpecial: new Set() })

const tokens = declared.map(({ name, tools, texts }) => ({
  name,
  raw: tokensIn(JSON.stringify(tools.map(listing))),
  full: tokensIn(texts.full),
  compact: tokensIn(texts.compact),
  signatures: tokensIn(texts.signatures),
  index: tokensIn(texts.index),
}))

/** Keeps only the parts that describe a tool, without identifiers and icons, which a model does not receive. */
function listing(tool: ListedTool): Partial<ListedTool> {
  return Object.fromEntries(Object.entries(tool).filter(([field]) => LISTED.includes(field)))
}

const total = (key: Style | 'raw'): number => tokens.reduce((sum, counts) => sum + counts[key], 0)

describe('the declarations of real servers', () => {
  it('compile in every style', () => {
    const cases = declared.flatMap(({ name, texts }) => STYLES.map((style) => ({ name, style, text: texts[style] })))
    const verdicts = checkTypes(cases.map(({ text }) => ({ declarations: text, type: 'unknown', instances: [true] })))
    const problems = cases.flatMap(({ name, style }, index) => {
      const { problems = ['not checked'], accepted = [] } = verdicts[index] ?? {}
      // Declarations that cannot be parsed accept no value.
      const all = accepted[0] === true ? problems : [...problems, 'is no TypeScript']
      return all.map((problem) => `${name}, ${style}: ${problem}`)
    })
    expect(problems).toEqual([])
  })

  it.each(declared.filter(({ isKept }) => isKept))('match the snapshot of $name', async ({ name, texts }) => {
    await expect(texts.full).toMatchFileSnapshot(`./snapshots/${name}.d.ts`)
  })

  it('include every server with a snapshot', () => {
    expect(declared.filter(({ isKept }) => isKept)).toHaveLength(KEPT.size)
  })

  it.each(STYLES)('stay within the token budget in the style %s', (style) => {
    expect(total(style) / total('raw')).toBeLessThanOrEqual(LARGEST_SHARE[style])
  })

  it.each(tokens)('take no more tokens than the tool list of $name', ({ full, raw }) => {
    expect(full).toBeLessThanOrEqual(raw)
  })
})
