import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Static } from 'typebox'
import { assertKnownOptions } from '../contract/options.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import type { Parse } from '../values/parse.ts'
import { parseSchema } from './standard-schema.ts'

/** Information about a tool call that the tool receives in addition to its input. */
export interface ToolContext<Context = unknown> {
  /** Aborts if the execution ends before the call has settled. */
  readonly signal: AbortSignal
  /** Number of the call in its execution, from 1. */
  readonly callId: number
  /** The `context` option of the execution. */
  readonly context?: Context
  /**
   * Key of the call, for tools that pass it on so that a repeated call has no second effect. The same for each attempt.
   * Absent if no store keeps the run.
   */
  readonly idempotencyKey?: string
  /**
   * Number of this attempt, from 1. A call is repeated if its host ended while the tool ran, and the tool is annotated
   * as read-only or idempotent, or a decision says so. Absent if no store keeps the run.
   */
  readonly attempt?: number
}

/** Hints about the effects of a tool, as the Model Context Protocol defines them. They are claims, not guarantees. */
export interface ToolAnnotations {
  /** Whether the tool does not modify anything. */
  readonly readOnlyHint?: boolean
  /** Whether the tool may delete or overwrite data. Only meaningful for tools that are not read-only. */
  readonly destructiveHint?: boolean
  /**
   * Whether repeating a call with the same input has no further effect. Such calls, and read-only ones, are repeated
   * when a run is resumed whose host ended while the tool ran.
   */
  readonly idempotentHint?: boolean
  /** Whether the tool interacts with external systems, such as the web. */
  readonly openWorldHint?: boolean
}

/** A function of the host that programs can call. */
export interface Tool {
  /** Original name of the tool. Programs call it by an identifier that is derived from this name. */
  readonly name: string
  /** Description for the model. Default: none. */
  readonly description?: string
  /** JSON Schema of the input. Default: any input is accepted. */
  readonly inputSchema?: JsonSchema
  /** JSON Schema of the output. Default: any output is accepted. */
  readonly outputSchema?: JsonSchema
  /** Hints about the effects of the tool. Default: none. */
  readonly annotations?: ToolAnnotations
  /** Validates the input instead of `inputSchema`. `execute` receives the value that it resolves to. */
  readonly parseInput?: Parse
  /** Validates the output instead of `outputSchema`. The program receives the value that it resolves to. */
  readonly parseOutput?: Parse
  /** Runs the tool and returns its output, or a promise of it. An error that it throws is thrown in the program. */
  execute(input: unknown, context: ToolContext): unknown
  /** Undoes a call that returned `output`, for `codeMode.rollback()`. Default: the call cannot be undone. */
  revert?(input: unknown, output: unknown, context: ToolContext): unknown
}

/** Returns whether a call of a tool can be made again if its outcome was lost. */
export function isRepeatable({ annotations = {} }: Pick<Tool, 'annotations'>): boolean {
  return annotations.readOnlyHint === true || annotations.idempotentHint === true
}

/** A tool without a name. Returned by {@link defineTool}; the key in a tool record becomes the name. */
export type UnnamedTool = Omit<Tool, 'name'>

/** A schema in a developer's code: JSON Schema, TypeBox, or a schema of any library that supports Standard Schema. */
export type SchemaInput = StandardSchemaV1 | object | boolean

/** The TypeScript type of a TypeBox or Standard Schema. `unknown` for plain JSON Schema. */
type ValueOf<Schema, Side extends 'input' | 'output'> = Schema extends StandardSchemaV1
  ? Side extends 'input'
    ? StandardSchemaV1.InferInput<Schema>
    : StandardSchemaV1.InferOutput<Schema>
  : Schema extends { readonly '~kind': string }
    ? Static<Schema>
    : unknown

/** Options for {@link defineTool}. */
export interface ToolDefinition<Input extends SchemaInput, Output extends SchemaInput, Context = unknown> {
  /** Description for the model. Default: none. */
  readonly description?: string
  /** Schema of the one value that the tool takes, usually an object. Default: any input is accepted. */
  readonly inputSchema?: Input
  /** Schema of the value that the tool returns. Default: any output is accepted. */
  readonly outputSchema?: Output
  /** Hints about the effects of the tool. Default: none. */
  readonly annotations?: ToolAnnotations
  /** Runs the tool with validated input and returns its output. An error that it throws is thrown in the program. */
  execute(
    input: ValueOf<Input, 'output'>,
    context: ToolContext<Context>,
  ): ValueOf<Output, 'input'> | Promise<ValueOf<Output, 'input'>>
  /** Undoes a call that returned `output`, for `codeMode.rollback()`. Default: the call cannot be undone. */
  revert?(input: ValueOf<Input, 'output'>, output: ValueOf<Output, 'output'>, context: ToolContext<Context>): unknown
}

const TOOL_OPTIONS = ['description', 'inputSchema', 'outputSchema', 'annotations', 'execute', 'revert']

/**
 * Defines a tool: a function with a description for the model and schemas that validate its input and output.
 *
 * @example
 * ```ts
 * const weather = defineTool({
 *   description: 'Returns the temperature of a city in degrees Celsius.',
 *   inputSchema: z.object({ city: z.string() }),
 *   outputSchema: z.number(),
 *   execute: ({ city }, { signal }) => fetchTemperature(city, signal),
 * })
 * ```
 *
 * @throws `TypeError` for an unknown option, or a schema that is neither JSON Schema nor Standard Schema
 */
export function defineTool<
  const Input extends SchemaInput = JsonSchema,
  const Output extends SchemaInput = JsonSchema,
  Context = unknown,
>(definition: ToolDefinition<Input, Output, Context>): UnnamedTool {
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
    ...(definition.revert === undefined ? {} : { revert: definition.revert as NonNullable<Tool['revert']> }),
  }
}
