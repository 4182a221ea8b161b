import { schemaParser } from '../validation/schema-validator.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import type { Parse } from '../values/parse.ts'
import { assignIdentifiers } from './identifiers.ts'
import type { Tool } from './tool.ts'

/** A tool with the path that programs call and the validators of its input and output. */
export interface CatalogTool {
  /** Path that programs call, as `namespace.identifier`. */
  readonly path: string
  readonly identifier: string
  readonly tool: Tool
  /** Version of the tool's server. */
  readonly version?: string | undefined
  /** Output that was observed of a tool that declares none. It describes the output, and does not validate it. */
  readonly observed?: ObservedOutput | undefined
  readonly parseInput: Parse | undefined
  readonly parseOutput: Parse | undefined
}

/** Output of a tool that declares none, as it was observed. */
export interface ObservedOutput {
  /** Number of results. */
  readonly results: number
  readonly schema: JsonSchema
}

/** Returns what is known of the output of a tool: what it declares, or what was observed. */
export function outputSchemaOf({ tool, observed }: Pick<CatalogTool, 'tool' | 'observed'>): JsonSchema | undefined {
  if (observed === undefined) return tool.outputSchema
  const { description } = (tool.outputSchema ?? {}) as { readonly description?: unknown }
  if (typeof description !== 'string') return observed.schema
  const { schema } = observed as { readonly schema: { readonly description?: unknown } }
  return { ...schema, description: `${description} (${String(schema.description)})` }
}

/** Returns what was observed of the output of a tool, by its namespace and the version of its server. */
export type ObservedIn = (namespace: string, version: string | undefined, tool: Tool) => ObservedOutput | undefined

/** Parts of a namespace. */
export interface NamespaceParts {
  readonly identifier: string
  readonly description: string | undefined
  readonly version?: string | undefined
  readonly tools: readonly Tool[]
  /** Default: nothing was observed */
  readonly observed?: ObservedIn | undefined
}

/** The tools of one namespace. Their identifiers are assigned when the first of them is needed. */
export class Namespace {
  readonly identifier: string
  readonly description: string | undefined
  readonly #version: string | undefined
  readonly #given: readonly Tool[]
  readonly #observed: readonly (ObservedOutput | undefined)[]
  #tools: readonly CatalogTool[] | undefined
  #byName: Map<string, CatalogTool> | undefined

  constructor(parts: NamespaceParts) {
    this.identifier = parts.identifier
    this.description = parts.description
    this.#version = parts.version
    this.#given = parts.tools
    this.#observed = observedOf(parts)
  }

  /** Number of tools. */
  get size(): number {
    return this.#given.length
  }

  get tools(): readonly CatalogTool[] {
    if (this.#tools === undefined) {
      const names = assignIdentifiers(this.#given.map((tool) => tool.name))
      this.#tools = this.#given.map((tool, at) =>
        catalogTool(tool, {
          path: `${this.identifier}.${names[at]}`,
          identifier: names[at] as string,
          version: this.#version,
          observed: this.#observed[at],
        }),
      )
    }
    return this.#tools
  }

  /** Finds a tool by its identifier, or by its original name if no identifier has that name. */
  find(name: string): CatalogTool | undefined {
    if (this.#byName === undefined) {
      const byName = new Map(this.tools.map((tool) => [tool.identifier, tool]))
      // Models know many tools by their original names.
      for (const entry of this.tools) if (!byName.has(entry.tool.name)) byName.set(entry.tool.name, entry)
      this.#byName = byName
    }
    return this.#byName.get(name)
  }

  /** Returns whether the namespace has these parts, so that it can be used again after a change of others. */
  isMadeOf(parts: NamespaceParts): boolean {
    const { identifier, description, version, tools } = parts
    return (
      identifier === this.identifier &&
      description === this.description &&
      version === this.#version &&
      tools.length === this.#given.length &&
      tools.every((tool, at) => tool === this.#given[at]) &&
      observedOf(parts).every((observed, at) => observed === this.#observed[at])
    )
  }
}

const observedOf = ({ identifier, version, tools, observed }: NamespaceParts): (ObservedOutput | undefined)[] =>
  observed === undefined ? [] : tools.map((tool) => observed(identifier, version, tool))

function catalogTool(
  tool: Tool,
  parts: Pick<CatalogTool, 'path' | 'identifier' | 'version' | 'observed'>,
): CatalogTool {
  const { parseInput, parseOutput, inputSchema, outputSchema } = tool
  return {
    ...parts,
    tool,
    parseInput: parseInput ?? (inputSchema === undefined ? undefined : schemaParser(inputSchema, 'input')),
    parseOutput: parseOutput ?? (outputSchema === undefined ? undefined : schemaParser(outputSchema, 'output')),
  }
}
