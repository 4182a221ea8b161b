import { isRecord, type Json, own } from '../values/json.ts'
import { intersect } from './combine.ts'
import { oneProperty } from './combine-objects.ts'
import { literals } from './literals.ts'
import type { Context, Reader } from './reader.ts'
import { type Type, UNKNOWN } from './type.ts'

/**
 * Adds the values of an OpenAPI `discriminator` to the branches. The discriminator names a property, and each branch
 * accepts its own name or the values that `mapping` assigns to it
 * (https://spec.openapis.org/oas/v3.1.1#discriminator-object).
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
  const values = valuesByTarget(reader, own(discriminator as Json, 'mapping'))
  return branches.map((branch, index) => {
    const reference = isRecord(listed[index]) ? own(listed[index] as Json, '$ref') : undefined
    const target =
      typeof reference === 'string' ? reader.references.resolve(reference, schema, context.isEmbedded) : undefined
    if (target === undefined) return branch
    const { work } = reader
    const names = [target.name, ...new Set([...(values.get(target.name) ?? []), ...(values.get(reference) ?? [])])]
    work.take(names.length)
    return intersect([branch, { ...UNKNOWN, object: oneProperty(key, literals(names, work), false, isOpen) }], work)
  })
}

/** Returns the values of a mapping, grouped by the name or reference of their branch. */
function valuesByTarget(reader: Reader, mapping: unknown): ReadonlyMap<unknown, readonly string[]> {
  const values = new Map<unknown, string[]>()
  for (const [value, target] of isRecord(mapping) ? Object.entries(mapping) : []) {
    reader.work.take(1)
    const known = values.get(target)
    if (known === undefined) values.set(target, [value])
    else known.push(value)
  }
  return values
}
