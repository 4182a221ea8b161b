import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonSchema } from '../values/json-schema.ts'
import type { Parse } from '../values/parse.ts'
import type { SchemaInput } from './tool.ts'

/**
 * Converts a developer's schema to a JSON Schema for the declarations, a function that validates values, or both. A
 * Standard Schema validates and transforms values itself. It has a JSON Schema if its library supports
 * https://standardschema.dev/json-schema.
 *
 * @throws `TypeError` for a schema that is neither JSON Schema nor Standard Schema
 */
export function parseSchema(side: 'input' | 'output', schema: SchemaInput): { schema?: JsonSchema; parse?: Parse } {
  if (isStandardSchema(schema)) {
    const described = describe(side, schema)
    const parse: Parse = async (value) => {
      const result = await schema['~standard'].validate(value)
      return result.issues === undefined ? { value: result.value } : { problems: result.issues.map(problemText) }
    }
    return described === undefined ? { parse } : { schema: described, parse }
  }
  if ((typeof schema !== 'object' && typeof schema !== 'boolean') || schema === null || Array.isArray(schema)) {
    throw new TypeError(`The ${side} schema must be JSON Schema or Standard Schema, not ${typeof schema}`)
  }
  return { schema: schema as JsonSchema }
}

/** Returns whether a value implements Standard Schema. */
export function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  return (
    (typeof schema === 'object' || typeof schema === 'function') &&
    schema !== null &&
    '~standard' in schema &&
    typeof (schema as StandardSchemaV1)['~standard'].validate === 'function'
  )
}

/** Converts types that JSON Schema cannot represent, such as dates, to `any`: programs can pass and receive them. */
const LIBRARY_OPTIONS = { unrepresentable: 'any' }

function describe(side: 'input' | 'output', schema: StandardSchemaV1): JsonSchema | undefined {
  const converter = (schema['~standard'] as Partial<StandardJSONSchemaV1['~standard']>).jsonSchema
  // The model writes a value before the input schema transforms it, and reads a value after the output schema did.
  return converter?.[side]({ target: 'draft-2020-12', libraryOptions: LIBRARY_OPTIONS })
}

/** Returns a parser that validates like `parse` but keeps the original value, for tools that parse their own input. */
export function checking(parse: Parse): Parse {
  return async (value) => {
    const parsed = await parse(value)
    return 'value' in parsed ? { value } : parsed
  }
}

/** Accepts every value. Used instead of validation if the framework of a tool validates itself, or never validates. */
export const unchecked: Parse = async (value) => ({ value })

/** Maximum number of union branches in a message, and of problems listed for each. */
const MAX_BRANCHES = 5

function problemText(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
  const text = `${issue.message}${branchText(issue)}`
  return path === '' ? text : `${path}: ${text}`
}

/** Lists the problems of each branch of a Zod union, which are not part of its message. */
function branchText(issue: StandardSchemaV1.Issue & { readonly errors?: unknown }): string {
  if (!Array.isArray(issue.errors)) return ''
  const branches = issue.errors.filter((branch) => Array.isArray(branch) && branch.length > 0)
  if (branches.length === 0) return ''
  const texts = branches
    .slice(0, MAX_BRANCHES)
    .map((branch) => branch.slice(0, MAX_BRANCHES).map(problemText).join(' and '))
  return ` (${texts.join(', or ')})`
}
