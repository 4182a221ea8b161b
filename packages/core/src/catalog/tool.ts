import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Static } from 'typebox'
import { assertKnownOptions } from '../options.ts'
import type { ValueSize } from '../protocol/value-size.ts'
import { parseSchema } from './standard-schema.ts'

/** A JSON Schema as data: TypeBox schemas are such, and so are those of MCP servers. */
export type JsonSchema = { readonly [keyword: string]: unknown } | boolean

/** What a tool is told about the call beside its input. */
export interface ToolContext {
  /** Aborts when the execution ends, for whatever reason. */
  readonly signal: AbortSignal
  /** The number that the guest gave the call, from 1. */
  readonly callId: number
  /** What the host gave this execution as its `context`. */
  readonly context?: unknown
}

/** Hints of the Model Context Protocol about what a tool does. They are claims, not guarantees. */
export interface ToolAnnotations {
  readonly readOnlyHint?: boolean
  readonly destructiveHint?: boolean
  readonly idempotentHint?: boolean
  readonly openWorldHint?: boolean
}

/** Whether a value is what a tool takes or what it gives. Defaults are filled into inputs alone. */
export type ValueSide = 'input' | 'output'

/** Checks a value and may transform it. Resolves to the value, or to what is wrong with it. */
export type Parse = (
  value: unknown,
  context?: ParseContext,
) => Promise<{ readonly value: unknown } | { readonly problems: readonly string[] }>

/** What the engine knows of a value that it has checked. Custom checks may ignore it. */
export interface ParseContext {
  readonly size: ValueSize
  /** Characters that the value may have once its defaults are filled in. */
  readonly maxCharacters: number
  /**
   * Checks a value where that can be stopped, once defaults are filled into it there. Resolves to what is wrong with it.
   * Absent on platforms without such a place.
   */
  readonly checkElsewhere?: ((schema: JsonSchema, value: unknown) => Promise<readonly string[]>) | undefined
}

/** One function that the host offers. `name` is the original one; the program may call it by a tidier one. */
export interface Tool {
  readonly name: string
  readonly description?: string
  /** Of the one object it takes. Without one, any input is let through. */
  readonly inputSchema?: JsonSchema
  readonly outputSchema?: JsonSchema
  readonly annotations?: ToolAnnotations
  /** Replaces validation by `inputSchema`; gives what `execute` is called with. */
  readonly parseInput?: Parse
  readonly parseOutput?: Parse
  execute(input: unknown, context: ToolContext): unknown
}

/** A tool as {@link defineTool} makes it, before a record's key gives it its name. */
export type UnnamedTool = Omit<Tool, 'name'>

/** A schema as a developer has it: JSON Schema, TypeBox, or any library that speaks Standard Schema. */
export type SchemaInput = StandardSchemaV1 | object | boolean

/** The TypeScript of a schema, where it tells TypeScript any: TypeBox and Standard Schema do, plain JSON Schema does not. */
type ValueOf<Schema, Side extends 'input' | 'output'> = Schema extends StandardSchemaV1
  ? Side extends 'input'
    ? StandardSchemaV1.InferInput<Schema>
    : StandardSchemaV1.InferOutput<Schema>
  : Schema extends { readonly '~kind': string }
    ? Static<Schema>
    : unknown

export interface ToolDefinition<Input extends SchemaInput, Output extends SchemaInput> {
  readonly description?: string
  /** Describes the one object that the tool takes. Default: any input is accepted. */
  readonly inputSchema?: Input
  /** Describes what the tool returns. Default: any output is accepted. */
  readonly outputSchema?: Output
  readonly annotations?: ToolAnnotations
  execute(
    input: ValueOf<Input, 'output'>,
    context: ToolContext,
  ): ValueOf<Output, 'input'> | Promise<ValueOf<Output, 'input'>>
}

const TOOL_OPTIONS = ['description', 'inputSchema', 'outputSchema', 'annotations', 'execute']

/**
 * Describes a function to the model and checks what goes in and out of it.
 *
 * @throws `TypeError` for an unknown option, and for a schema that is neither JSON Schema nor Standard Schema
 */
export function defineTool<const Input extends SchemaInput = JsonSchema, const Output extends SchemaInput = JsonSchema>(
  definition: ToolDefinition<Input, Output>,
): UnnamedTool {
  if (typeof definition?.execute !== 'function') throw new TypeError('A tool needs an `execute` function')
  assertKnownOptions('defineTool()', definition, TOOL_OPTIONS)
  const { description, annotations, inputSchema, outputSchema } = definition
  const input = inputSchema === undefined ? {} : parseSchema('input', inputSchema)
  const output = outputSchema === undefined ? {} : parseSchema('output', outputSchema)
  return {
    ...(description === undefined ? {} : { description }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(input.schema === undefined ? {} : { inputSchema: input.schema }),
    ...(input.parse === undefined ? {} : { parseInput: input.parse }),
    ...(output.schema === undefined ? {} : { outputSchema: output.schema }),
    ...(output.parse === undefined ? {} : { parseOutput: output.parse }),
    execute: definition.execute as Tool['execute'],
  }
}
