import { readFileSync } from 'node:fs'
import { type CodeMode, type JsonSchema, type Tool, type ToolProvider, toolProvider } from '@glovebox/core'
import { identifierFor } from '@glovebox/core/framework'

/** Ten real servers. */
const SERVERS = [
  'modelcontextprotocol__server-github',
  'modelcontextprotocol__server-filesystem',
  'modelcontextprotocol__server-slack',
  'modelcontextprotocol__server-everything',
  'playwright__mcp',
  'notionhq__notion-mcp-server',
  'sentry__mcp-server',
  'cyanheads__git-mcp-server',
  'airtable-mcp-server',
  'zereight__mcp-gitlab',
]

type Schema = Exclude<JsonSchema, boolean>

interface ListedTool {
  readonly name: string
  readonly inputSchema: Schema
  readonly outputSchema?: Schema
}

/** A program, and what is wrong with it. */
export interface SeededProgram {
  readonly kind: string
  readonly code: string
}

/** A tool with the path by which programs call it. */
interface Callable {
  readonly path: string
  readonly tool: ListedTool
}

/** Returns the servers as providers whose tools count their calls. */
export function realServers(onCall: (tool: string) => void): ToolProvider[] {
  return SERVERS.map((name) => {
    const tools = listOf(name).map(
      (tool): Tool => ({
        ...tool,
        execute: () => {
          onCall(tool.name)
          return {}
        },
      }),
    )
    return toolProvider({ name, tools })
  })
}

/** Returns the paths of all tools by `namespace/name`. */
export function pathsOf(codeMode: CodeMode): Map<string, string> {
  const paths = new Map<string, string>()
  for (let total = 1, offset = 0; offset < total; ) {
    const page = codeMode.list({ limit: 200, offset })
    for (const { namespace, name, path } of page.items) paths.set(`${namespace}/${name}`, path)
    offset += page.items.length
    total = page.total
  }
  return paths
}

const listOf = (server: string): readonly ListedTool[] =>
  JSON.parse(readFileSync(new URL(`../../packages/core/test/data/mcp/${server}.json`, import.meta.url), 'utf8')).tools

/** Returns random numbers from 0 to 1 that are the same for the same seed. mulberry32, public domain. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Writes programs over the tools of the servers. */
export class SeededPrograms {
  readonly #random: () => number
  readonly #tools: readonly Callable[]

  /** @param paths paths by which programs call the tools, by `namespace/name` */
  constructor(seed: number, paths: ReadonlyMap<string, string>) {
    this.#random = randomOf(seed)
    this.#tools = SERVERS.flatMap((server) =>
      listOf(server).flatMap((tool) => {
        const path = paths.get(`${identifierFor(server)}/${tool.name}`)
        return path === undefined ? [] : [{ path, tool }]
      }),
    )
  }

  /** Returns a program without a mistake. */
  right(): string {
    const { path, tool } = this.#pick(this.#tools)
    const input = JSON.stringify(this.#sample(tool.inputSchema, tool.inputSchema))
    const uses = [
      `const result = await ${path}(${input})\nreturn result`,
      `const inputs = [${input}]\nconst results = await Promise.all(inputs.map((input) => ${path}(input)))\nreturn results.length`,
      `try {\n  const found = await ${path}(${input})\n  console.log(JSON.stringify(found))\n  return Object.keys(found ?? {}).sort()\n} catch (error) {\n  return { failed: error.message }\n}`,
      `const out = {}\nout.result = await ${path}(${input})\nout.count = [out.result].flat().length\nreturn out`,
      `const input = ${input}\nconst [first] = await Promise.all([${path}(input)])\nreturn first === undefined ? null : first`,
      ...this.#readsOf(path, tool, input),
    ]
    return this.#pick(uses)
  }

  /** Returns a program with one mistake of a kind. */
  wrong(kind: string): SeededProgram {
    for (;;) {
      const { path, tool } = this.#pick(this.#tools)
      const code = KINDS[kind]?.({
        path,
        tool,
        input: this.#sample(tool.inputSchema, tool.inputSchema) as Record<string, unknown>,
        pick: (values) => this.#pick(values),
      })
      if (code !== undefined) return { kind, code }
    }
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.#random() * values.length)] as Value
  }

  #readsOf(path: string, { outputSchema }: ListedTool, input: string): string[] {
    return Object.keys(outputSchema?.properties ?? {})
      .filter((key) => /^[a-z]\w*$/i.test(key))
      .map((key) => `const { ${key} } = await ${path}(${input})\nreturn ${key}`)
  }

  /** Returns a value that matches a schema: the required properties, and some others. */
  #sample(schema: Schema | boolean | undefined, root: Schema, depth = 0): unknown {
    if (schema === undefined || typeof schema === 'boolean' || depth > 6) return {}
    if (typeof schema.$ref === 'string') return this.#sample(resolve(schema.$ref, root), root, depth + 1)
    if (schema.const !== undefined) return schema.const
    if (Array.isArray(schema.enum)) return this.#pick(schema.enum)
    const either = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
    if (either !== undefined) return this.#sample(either[0], root, depth + 1)
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
    if (type === 'string') return 'x'.repeat(Math.max(1, Number(schema.minLength ?? 1)))
    if (type === 'number' || type === 'integer') return Number(schema.minimum ?? 1)
    if (type === 'boolean') return true
    if (type === 'null') return null
    if (type === 'array')
      return Array.from({ length: Number(schema.minItems ?? 1) }, () =>
        this.#sample(schema.items as Schema, root, depth + 1),
      )
    const required = (schema.required ?? []) as string[]
    const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
    return Object.fromEntries(
      properties
        .filter(([key]) => required.includes(key) || (depth === 0 && this.#random() < 0.3))
        .map(([key, each]) => [key, this.#sample(each, root, depth + 1)]),
    )
  }
}

function resolve(ref: string, root: Schema): Schema {
  let found: unknown = root
  for (const part of ref.replace(/^#\/?/, '').split('/').filter(Boolean))
    found = (found as Record<string, unknown>)?.[part]
  return (found ?? {}) as Schema
}

interface Seed extends Callable {
  readonly input: Record<string, unknown>
  pick<Value>(values: readonly Value[]): Value
}

const propertiesOf = ({ tool }: Seed): Record<string, Schema> =>
  (tool.inputSchema.properties ?? {}) as Record<string, Schema>
/** A property with a default may be left out. */
const requiredOf = (seed: Seed): string[] =>
  ((seed.tool.inputSchema.required ?? []) as string[]).filter((key) => propertiesOf(seed)[key]?.default === undefined)
const misspelt = (name: string): string =>
  name.length < 3 ? `${name}x` : `${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}x`
const call = (path: string, input: unknown) => `const result = await ${path}(${JSON.stringify(input)})\nreturn result`

/** Kinds of mistakes. Each returns undefined for a tool with which it cannot be made. */
const KINDS: Readonly<Record<string, (seed: Seed) => string | undefined>> = {
  'unknown tool': ({ path, input }) => call(misspelt(path), input),
  'missing field': (seed) => {
    const required = requiredOf(seed).filter((key) => propertiesOf(seed)[key] !== undefined)
    if (required.length === 0) return undefined
    const { [seed.pick(required)]: _, ...rest } = seed.input
    return call(seed.path, rest)
  },
  'misspelt field': (seed) => {
    const key = Object.keys(seed.input).find((each) => each.length > 3)
    if (key === undefined || seed.tool.inputSchema.additionalProperties === true) return undefined
    const { [key]: value, ...rest } = seed.input
    return call(seed.path, { ...rest, [misspelt(key)]: value })
  },
  'wrong type': (seed) => {
    const key = Object.keys(seed.input).find((each) =>
      ['string', 'number', 'integer', 'boolean'].includes(String(propertiesOf(seed)[each]?.type)),
    )
    if (key === undefined) return undefined
    return call(seed.path, { ...seed.input, [key]: { wrong: true } })
  },
  'unreachable enum member': (seed) => {
    const found = Object.entries(propertiesOf(seed)).find(([, schema]) => Array.isArray(schema.enum))
    return found && call(seed.path, { ...seed.input, [found[0]]: 'no_such_member' })
  },
  'promise used as its value': ({ path, input, pick }) =>
    `const result = ${path}(${JSON.stringify(input)})\nreturn ${pick(['result.items', 'result.length', 'result.map((each) => each.id)'])}`,
  'unknown field of a declared output': (seed) => {
    const keys = Object.keys((seed.tool.outputSchema?.properties ?? {}) as object).filter((key) =>
      /^[a-z]\w{3,}$/i.test(key),
    )
    if (keys.length === 0 || seed.tool.outputSchema?.additionalProperties === true) return undefined
    return `const result = await ${seed.path}(${JSON.stringify(seed.input)})\nreturn String(result.${misspelt(seed.pick(keys))})`
  },
  'missing input': (seed) => (requiredOf(seed).length === 0 ? undefined : `return await ${seed.path}()`),
}

export const MISTAKES: readonly string[] = Object.keys(KINDS)
