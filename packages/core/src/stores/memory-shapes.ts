import type { MergeShapes, ShapeStore, ToolShape } from '../contract/shape-store.ts'

/**
 * Keeps shapes of results in the memory of this process.
 *
 * @example
 * ```ts
 * const codeMode = await createCodeMode({ sandbox, tools, learn: memoryShapes() })
 * ```
 */
export function memoryShapes(): ShapeStore {
  return new MemoryShapes()
}

class MemoryShapes implements ShapeStore {
  readonly #shapes = new Map<string | undefined, Map<string, ToolShape>>()

  async load(principal: string | undefined): Promise<readonly ToolShape[]> {
    return [...(this.#shapes.get(principal)?.values() ?? [])]
  }

  async save(principal: string | undefined, shapes: readonly ToolShape[], merge: MergeShapes): Promise<void> {
    const stored = this.#shapes.get(principal) ?? new Map<string, ToolShape>()
    this.#shapes.set(principal, stored)
    for (const added of shapes) {
      const key = JSON.stringify([added.server, added.tool])
      const known = stored.get(key)
      stored.set(key, known === undefined ? added : merge(known, added))
    }
  }

  async clear(principal: string | undefined): Promise<number> {
    const count = this.#shapes.get(principal)?.size ?? 0
    this.#shapes.delete(principal)
    return count
  }
}
