import { hasOwn, isArray, jsonStringify, objectKeys, objectPrototype } from './intrinsics.ts'

const arrayPrototype = Array.prototype

/**
 * Serializes a tree of null, booleans, finite numbers, strings, plain objects and dense arrays as JSON. It never calls
 * an inherited `toJSON`. `JSON.stringify` has no other hook that affects such a tree.
 */
export function toJson(tree: unknown): string {
  return hasOwn(objectPrototype, 'toJSON') || hasOwn(arrayPrototype, 'toJSON') ? writeTree(tree) : jsonStringify(tree)
}

function writeTree(tree: unknown): string {
  if (typeof tree !== 'object' || tree === null) return jsonStringify(tree)
  let text = ''
  if (isArray(tree)) {
    for (let index = 0; index < tree.length; index++) {
      text += (index === 0 ? '' : ',') + writeTree(tree[index])
    }
    return `[${text}]`
  }
  const keys = objectKeys(tree)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    const value = (tree as Record<string, unknown>)[key]
    if (value === undefined) continue
    text += `${text === '' ? '' : ','}${jsonStringify(key)}:${writeTree(value)}`
  }
  return `{${text}}`
}
