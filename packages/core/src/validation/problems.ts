/** More problems do not help a model more. */
const MAX_PROBLEMS = 5
const MAX_PROBLEM_LENGTH = 500

interface Problem {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

/** Describes what a validator found, one sentence each, bounded in number and length. */
export function describeProblems(problems: readonly Problem[]): string[] {
  const texts = new Set<string>()
  for (const problem of problems) {
    // `additionalProperties` says the same with the property's name.
    if (problem.keyword !== 'boolean') texts.add(clip(describeProblem(problem)))
    if (texts.size > MAX_PROBLEMS) break
  }
  const all = [...texts]
  return all.length <= MAX_PROBLEMS ? all : [...all.slice(0, MAX_PROBLEMS), 'and more']
}

function describeProblem({ keyword, instancePath, params, message }: Problem): string {
  const path = instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
  const at = path === '' ? '' : `${path}: `
  const detail = params as {
    additionalProperties?: string[]
    requiredProperties?: string[]
  }
  switch (keyword) {
    case 'additionalProperties':
      return `${at}unknown ${(detail.additionalProperties ?? []).join(', ')}`
    case 'required':
      return `${at}${(detail.requiredProperties ?? []).join(', ')} is missing`
    default:
      return `${at}${message}`
  }
}

const clip = (text: string): string =>
  text.length <= MAX_PROBLEM_LENGTH ? text : `${text.slice(0, MAX_PROBLEM_LENGTH)}…`
