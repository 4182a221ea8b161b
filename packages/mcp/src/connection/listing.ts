import type { JsonSchema, ToolAnnotations } from '@glovebox/core'
import { isRecord } from '@glovebox/core/framework'
import type { RawTool } from '../contract/relay.ts'

/** A tool as a server lists it, without what is malformed. */
export interface ListedTool {
  readonly name: string
  readonly description?: string
  readonly inputSchema: JsonSchema
  readonly outputSchema?: JsonSchema
  readonly annotations?: ToolAnnotations
  /** Whether a call returns a task, whose result is fetched later. */
  readonly isTask?: boolean
}

/** Maximum number of pages of tools, against servers that always return another cursor. */
export const MAX_PAGES = 1_000
const MAX_TOOLS = 20_000
const MAX_WARNINGS = 100
const MAX_WARNING_LENGTH = 300
const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const

/**
 * Reads the tools that a server lists. What is odd about a tool is left out, so that it costs neither the tool nor the
 * server: a missing description, a schema that is not one, a hint that is no boolean. A tool without a usable name is
 * skipped.
 */
export class ToolListing {
  readonly tools = new Map<string, ListedTool>()
  /** The same tools as the server lists them. */
  readonly raw = new Map<string, RawTool>()
  readonly #warnings: string[] = []
  #warningCount = 0

  /** Malformed parts, and how they are treated. */
  get warnings(): readonly string[] {
    const more = this.#warningCount - this.#warnings.length
    return more === 0 ? this.#warnings : [...this.#warnings, `and ${more} more`]
  }

  /** Returns whether the tool is one that programs may call. */
  add(raw: unknown): boolean {
    if (this.tools.size >= MAX_TOOLS) {
      this.#warn(`only the first ${MAX_TOOLS} tools are used`)
      return false
    }
    if (!isRecord(raw) || typeof raw.name !== 'string' || raw.name === '') {
      this.#warn('a tool without a name is skipped')
      return false
    }
    const { name } = raw
    if (this.tools.has(name)) {
      this.#warn(`${name} is listed twice; the first one is used`)
      return false
    }
    if (!isVisible(raw)) return false
    const description = this.#take(name, 'description', raw.description, isText)
    const outputSchema = this.#take(name, 'outputSchema', raw.outputSchema, isSchema)
    const annotations = this.#take(name, 'annotations', raw.annotations, isRecord)
    const tool: ListedTool = {
      name,
      ...(description !== undefined && { description }),
      inputSchema: this.#inputSchema(name, raw.inputSchema),
      ...(outputSchema !== undefined && { outputSchema: outputSchema as JsonSchema }),
      ...(annotations !== undefined && { annotations: this.#annotations(name, annotations) }),
      ...(isRecord(raw.execution) && raw.execution.taskSupport === 'required' && { isTask: true }),
    }
    this.tools.set(name, tool)
    this.raw.set(name, raw as RawTool)
    return true
  }

  #warn(message: string): void {
    this.#warningCount++
    if (this.#warnings.length < MAX_WARNINGS) this.#warnings.push(message.slice(0, MAX_WARNING_LENGTH))
  }

  #take<Value>(tool: string, key: string, value: unknown, is: (value: unknown) => value is Value): Value | undefined {
    if (value === undefined || value === null) return undefined
    if (is(value)) return value
    this.#warn(`${tool} has a malformed \`${key}\`, which is ignored`)
    return undefined
  }

  /** Arguments are always an object, so a schema that does not say so is completed. */
  #inputSchema(tool: string, raw: unknown): JsonSchema {
    const given = this.#take(tool, 'inputSchema', raw, isRecord) ?? {}
    const schema: Record<string, unknown> = { ...given, type: 'object' }
    if (given.type !== undefined && given.type !== 'object')
      this.#warn(`${tool} has an \`inputSchema\` of another type than object, which is ignored`)
    if (given.properties !== undefined && !isRecord(given.properties)) delete schema.properties
    if (given.required !== undefined && !isTexts(given.required)) delete schema.required
    return schema
  }

  #annotations(tool: string, raw: Record<string, unknown>): ToolAnnotations {
    const annotations: Record<string, boolean> = {}
    for (const hint of HINTS) {
      const value = this.#take(tool, hint, raw[hint], isBoolean)
      if (value !== undefined) annotations[hint] = value
    }
    return annotations
  }
}

/** Whether a tool is meant for a model, and not only for the user interface of a host. */
function isVisible({ _meta }: Record<string, unknown>): boolean {
  const ui = isRecord(_meta) ? _meta.ui : undefined
  const visibility = isRecord(ui) ? ui.visibility : undefined
  return !Array.isArray(visibility) || visibility.includes('model')
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText)
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
const isSchema = (value: unknown): value is object | boolean => isRecord(value) || isBoolean(value)
