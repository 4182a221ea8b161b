import { schemaParser } from '../validation/schema-validator.ts'
import type { Parse } from '../values/parse.ts'
import { assignIdentifiers } from './identifiers.ts'
import type { Tool } from './tool.ts'

/** A tool with the path that programs call and the validators of its input and output. */
export interface CatalogTool {
  /** Path that programs call, as `namespace.identifier`. */
  readonly path: string
  readonly identifier: string
  readonly tool: Tool
  readonly parseInput: Parse | undefined
  readonly parseOutput: Parse | undefined
}

/** Parts of a namespace. */
export interface NamespaceParts {
  readonly identifier: string
  readonly description: string | undefined
  readonly tools: readonly Tool[]
}

/** The tools of one namespace. Their identifiers are assigned when the first of them is needed. */
export class Namespace {
  readonly identifier: string
  readonly description: string | undefined
  readonly #given: readonly Tool[]
  #tools: readonly CatalogTool[] | undefined
  #byName: Map<string, CatalogTool> | undefined

  constructor({ identifier, description, tools }: NamespaceParts) {
    this.identifier = identifier
    this.description = description
    this.#given = tools
  }

  /** Number of tools. */
  get size(): number {
    return this.#given.length
  }

  get tools(): readonly CatalogTool[] {
    if (this.#tools === undefined) {
      const names = assignIdentifiers(this.#given.map((tool) => tool.name))
      this.#tools = this.#given.map((tool, at) => catalogTool(this.identifier, names[at] as string, tool))
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
  isMadeOf({ identifier, description, tools }: NamespaceParts): boolean {
    return (
      identifier === this.identifier &&
      description === this.description &&
      tools.length === this.#given.length &&
      tools.every((tool, at) => tool === this.#given[at])
    )
  }
}

function catalogTool(namespace: string, identifier: string, tool: Tool): CatalogTool {
  const { parseInput, parseOutput, inputSchema, outputSchema } = tool
  return {
    path: `${namespace}.${identifier}`,
    identifier,
    tool,
    parseInput: parseInput ?? (inputSchema === undefined ? undefined : schemaParser(inputSchema, 'input')),
    parseOutput: parseOutput ?? (outputSchema === undefined ? undefined : schemaParser(outputSchema, 'output')),
  }
}
