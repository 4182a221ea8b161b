import type { JsonSchema } from '../catalog/tool.ts'

/**
 * Finds what `$ref` points to within one document. Nothing is fetched.
 *
 * @returns undefined for a reference to another document or to nothing
 */
export function resolveReference(root: JsonSchema, reference: string): JsonSchema | undefined {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return findAnchor(root, reference)
  let node: unknown = root
  for (const step of reference.slice(2).split('/')) {
    const key = unescapeStep(step)
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined
    node = (node as Record<string, unknown>)[key]
  }
  return isSchema(node) ? node : undefined
}

/** The name that a reference suggests: its last step. */
export function referenceName(reference: string): string {
  return unescapeStep(reference.split(/[/#]/).at(-1) || 'Root')
}

function unescapeStep(step: string): string {
  let decoded = step
  try {
    decoded = decodeURIComponent(step)
  } catch {
    // A lone percent sign is meant as it stands.
  }
  return decoded.replaceAll('~1', '/').replaceAll('~0', '~')
}

function findAnchor(root: JsonSchema, reference: string): JsonSchema | undefined {
  const pending: unknown[] = [root]
  const seen = new Set<unknown>()
  while (pending.length > 0) {
    const node = pending.pop()
    if (typeof node !== 'object' || node === null || seen.has(node)) continue
    seen.add(node)
    const { $anchor, $id } = node as { $anchor?: unknown; $id?: unknown }
    if (`#${String($anchor)}` === reference || $id === reference) return node as JsonSchema
    pending.push(...Object.values(node))
  }
  return undefined
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}
