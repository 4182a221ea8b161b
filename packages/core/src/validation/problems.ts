import { isRecord } from '../values/json.ts'
import { nearest } from '../values/nearest.ts'

/** Maximum number of problems in a message. More do not help a model. */
const MAX_PROBLEMS = 5
const MAX_PROBLEM_LENGTH = 500

interface Problem {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

/** Maximum number of fields that a message lists. */
const MAX_FIELDS = 20

/**
 * Describes what a validator found, one sentence each, bounded in number and length.
 *
 * @param schema the schema, whose fields are listed for a wrong object
 */
export function describeProblems(problems: readonly Problem[], schema?: unknown): string[] {
  const texts = new Set<string>()
  for (const problem of problems) {
    // `additionalProperties` reports the same problem with the property's name.
    if (problem.keyword !== 'boolean') texts.add(clip(describeProblem(problem, schema)))
    if (texts.size > MAX_PROBLEMS) break
  }
  const all = [...texts]
  return all.length <= MAX_PROBLEMS ? all : [...all.slice(0, MAX_PROBLEMS), 'and more']
}

function describeProblem({ keyword, instancePath, params, message }: Problem, schema: unknown): string {
  const steps = stepsOf(instancePath)
  const at = steps.length === 0 ? '' : `${steps.join('.')}: `
  const detail = params as {
    additionalProperties?: string[]
    requiredProperties?: string[]
  }
  const fields = fieldsAt(schema, steps)
  switch (keyword) {
    case 'additionalProperties':
      return `${at}unknown ${(detail.additionalProperties ?? []).map((name) => withMeant(name, fields?.names)).join(', ')}`
    case 'type':
      return fields === undefined ? `${at}${message}` : `${at}${message}: { ${fields.text} }`
    case 'required':
      return `${at}${(detail.requiredProperties ?? []).join(', ')} is missing`
    default:
      return `${at}${message}`
  }
}

/** Splits a JSON pointer. */
const stepsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

function withMeant(name: string, known: readonly string[] | undefined): string {
  if (known === undefined) return name
  const meant = nearest(name, known)
  return meant === undefined
    ? `${name} (there is ${known.slice(0, MAX_FIELDS).join(', ')})`
    : `${name} (did you mean ${meant}?)`
}

/** Returns the fields of the object schema at a path. References are not followed. */
function fieldsAt(root: unknown, steps: readonly string[]): { names: readonly string[]; text: string } | undefined {
  let schema = root
  for (const name of steps) {
    if (!isRecord(schema)) return undefined
    const { properties, items } = schema
    schema = isRecord(properties) && Object.hasOwn(properties, name) ? properties[name] : items
  }
  if (!isRecord(schema) || !isRecord(schema.properties)) return undefined
  const names = Object.keys(schema.properties)
  if (names.length === 0) return undefined
  const required = Array.isArray(schema.required) ? schema.required : []
  const shown = names.slice(0, MAX_FIELDS).map((name) => (required.includes(name) ? name : `${name}?`))
  return { names, text: `${shown.join(', ')}${names.length > MAX_FIELDS ? ', …' : ''}` }
}

const clip = (text: string): string =>
  text.length <= MAX_PROBLEM_LENGTH ? text : `${text.slice(0, MAX_PROBLEM_LENGTH)}…`
