import { intersect } from './combine.ts'
import { oneProperty } from './combine-objects.ts'
import { isRecord, type Json, own } from './json.ts'
import { literals } from './literals.ts'
import type { Context, Reader } from './reader.ts'
import { type Type, UNKNOWN } from './type.ts'

/**
 * OpenAPI's `discriminator` says which value of a property means which branch: the branch's own name, or what `mapping`
 * gives it (https://spec.openapis.org/oas/v3.1.1#discriminator-object).
 */
export function discriminate(
  reader: Reader,
  schema: Json,
  context: Context,
  keyword: 'anyOf' | 'oneOf',
  branches: readonly Type[],
  isOpen: boolean,
): readonly Type[] {
  const discriminator = own(schema, 'discriminator')
  const key = isRecord(discriminator) ? own(discriminator, 'propertyName') : undefined
  const listed = schema[keyword] as readonly unknown[]
  if (typeof key !== 'string' || listed.length !== branches.length) return branches
  const mapping = own(discriminator as Json, 'mapping')
  return branches.map((branch, index) => {
    const reference = isRecord(listed[index]) ? own(listed[index] as Json, '$ref') : undefined
    const target =
      typeof reference === 'string' ? reader.references.resolve(reference, schema, context.isEmbedded) : undefined
    if (target === undefined) return branch
    const names = [target.name]
    for (const [value, meant] of isRecord(mapping) ? Object.entries(mapping) : []) {
      if (meant === target.name || meant === reference) names.push(value)
    }
    return intersect([branch, { ...UNKNOWN, object: oneProperty(key, literals(names), false, isOpen) }])
  })
}
