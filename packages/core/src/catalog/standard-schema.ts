import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonSchema, Parse, SchemaInput } from './tool.ts'

/**
 * Splits a developer's schema into what describes and what checks. A Standard Schema checks by itself, transforms
 * included, and describes if its library gives JSON Schema too (https://standardschema.dev/json-schema).
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

export function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  return (
    (typeof schema === 'object' || typeof schema === 'function') &&
    schema !== null &&
    '~standard' in schema &&
    typeof (schema as StandardSchemaV1)['~standard'].validate === 'function'
  )
}

/** Values cross the wall as they are, so that what is no JSON, such as a date, is no mistake; it is only not described. */
const LIBRARY_OPTIONS = { unrepresentable: 'any' }

function describe(side: 'input' | 'output', schema: StandardSchemaV1): JsonSchema | undefined {
  const converter = (schema['~standard'] as Partial<StandardJSONSchemaV1['~standard']>).jsonSchema
  // The model writes what goes into an input and reads what comes out of an output.
  return converter?.[side]({ target: 'draft-2020-12', libraryOptions: LIBRARY_OPTIONS })
}

/** Checks as another does, and gives the value as it was: for a tool that parses its input by itself. */
export function checking(parse: Parse): Parse {
  return async (value) => {
    const parsed = await parse(value)
    return 'value' in parsed ? { value } : parsed
  }
}

/** In place of a check that the framework of a tool makes, or does not make either. */
export const unchecked: Parse = async (value) => ({ value })

/** Maximum number of branches of a union, and of problems in each, that a message lists. */
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
