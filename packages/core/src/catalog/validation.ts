import { isTreeWithin } from '../execution/tree.ts'
import { compileSchema, type Validator } from '../protocol/compile.ts'
import { withRequiredDefaults } from './defaults.ts'
import type { JsonSchema, Parse } from './tool.ts'

/** More would not help a model more. */
const MAX_PROBLEMS = 5
/** Of a value whose problems are told one by one: finding them takes longer than the square of its length. */
const MAX_DESCRIBED_NODES = 2_000

/**
 * Compiles a JSON Schema when first needed: most tools of a large server are never called, and compiling takes 0.15 ms
 * each.
 */
export function lazyValidator(schema: JsonSchema): Parse {
  let validator: Validator | undefined
  return async (value) => {
    validator ??= compileSchema(schema)
    try {
      if (validator.Check(value)) return { value }
    } catch (error) {
      // A hostile value, nested past what the stack takes.
      if (error instanceof RangeError) return { problems: ['it is nested too deeply'] }
      throw error
    }
    if (!isTreeWithin(value, MAX_DESCRIBED_NODES)) return { problems: ['it is not as the schema says'] }
    return { problems: describeProblems(validator.Errors(value)[1]) }
  }
}

/** Checks the input of a tool, once what it leaves to a default is filled in. */
export function inputParser(schema: JsonSchema): Parse {
  const parse = lazyValidator(schema)
  return (value) => parse(withRequiredDefaults(schema, value))
}

interface Problem {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

function describeProblems(problems: readonly Problem[]): string[] {
  const texts = new Set<string>()
  for (const problem of problems) {
    // `additionalProperties` says the same with the property's name.
    if (problem.keyword !== 'boolean') texts.add(describeProblem(problem))
  }
  const all = [...texts]
  return all.length <= MAX_PROBLEMS ? all : [...all.slice(0, MAX_PROBLEMS), 'and more']
}

function describeProblem({ keyword, instancePath, params, message }: Problem): string {
  const path = instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
  const at = path === '' ? '' : `${path}: `
  const detail = params as {
    allowedValues?: unknown[]
    additionalProperties?: string[]
    requiredProperties?: string[]
    allowedValue?: unknown
  }
  switch (keyword) {
    case 'enum':
      return `${at}must be one of ${(detail.allowedValues ?? []).map((value) => JSON.stringify(value)).join(', ')}`
    case 'const':
      return `${at}must be ${JSON.stringify(detail.allowedValue)}`
    case 'additionalProperties':
      return `${at}unknown ${(detail.additionalProperties ?? []).join(', ')}`
    case 'required':
      return `${at}${(detail.requiredProperties ?? []).join(', ')} is missing`
    default:
      return `${at}${message}`
  }
}
