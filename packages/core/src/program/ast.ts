/** A node of acorn's tree, whose own types are by kind. */
export type Node = { readonly type: string; readonly start: number; readonly end: number } & {
  readonly [key: string]: unknown
}

/** @param skipped nodes that are not entered, nor what they hold */
export function visit(root: unknown, enter: (node: Node) => void, skipped: ReadonlySet<unknown> = new Set()): void {
  const pending: unknown[] = [root]
  while (pending.length > 0) {
    const node = pending.pop()
    if (typeof node !== 'object' || node === null || skipped.has(node)) continue
    if (typeof (node as Node).type === 'string') enter(node as Node)
    for (const child of Object.values(node)) if (typeof child === 'object') pending.push(child)
  }
}
