import { isRecord, type Json } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { hasUnassertedKeys } from './lower-schema.ts'
import { planPattern } from './pattern.ts'

/** A part of a schema that is not asserted. */
export interface UnassertedPart {
  /** JSON pointer of the schema with the part. */
  readonly pointer: string
  readonly message: string
}

const MAX_TOLD_LENGTH = 100

/**
 * Yields each pattern of a schema that is not asserted, with the reason. Yields undefined for every other object and
 * list, so that callers can bound the work.
 */
export function* unassertedParts(root: JsonSchema): Generator<UnassertedPart | undefined> {
  const pending: [value: unknown, pointer: string][] = [[root, '#']]
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    const [value, pointer] = entry
    if (typeof value !== 'object' || value === null) continue
    yield undefined
    if (isRecord(value)) for (const message of faultsOf(value)) yield { pointer, message }
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'object') pending.push([inner, `${pointer}/${escape(key)}`])
    }
  }
}

function* faultsOf(schema: Json): Generator<string> {
  if (typeof schema.pattern === 'string') {
    const plan = planPattern(schema.pattern)
    if (plan.kind === 'none') {
      yield `the pattern ${schema.pattern.slice(0, MAX_TOLD_LENGTH)} is not asserted: ${plan.reason}`
    }
  }
  if (hasUnassertedKeys(schema)) {
    yield 'the patterns for keys are not asserted: V8 could not match all of them in linear time'
  }
}

const escape = (key: string): string => key.slice(0, MAX_TOLD_LENGTH).replaceAll('~', '~0').replaceAll('/', '~1')
