/** A node of acorn's syntax tree. Acorn itself declares a separate type for each kind of node. */
export type Node = { readonly type: string; readonly start: number; readonly end: number } & {
  readonly [key: string]: unknown
}

/**
 * Calls a function for every node of a tree, in no particular order.
 *
 * @param skipped nodes to skip, with everything inside them
 */
export function visit(root: unknown, enter: (node: Node) => void, skipped: ReadonlySet<unknown> = new Set()): void {
  const pending: unknown[] = [root]
  while (pending.length > 0) {
    const node = pending.pop()
    if (typeof node !== 'object' || node === null || skipped.has(node)) continue
    if (typeof (node as Node).type === 'string') enter(node as Node)
    for (const child of Object.values(node)) if (typeof child === 'object') pending.push(child)
  }
}

/** Returns every name that a program declares, in any scope. All other names refer to globals. */
export function declaredNames(ast: Node): Set<string> {
  const names = new Set<string>()
  const declare = (pattern: unknown): void => {
    for (const name of namesOf(pattern)) names.add(name)
  }
  visit(ast, (node) => {
    for (const parameter of (node.params ?? []) as readonly Node[]) declare(parameter)
    if (/^(?:Function|Class)(?:Declaration|Expression)$|^VariableDeclarator$/.test(node.type)) declare(node.id)
    if (node.type === 'CatchClause') declare(node.param)
  })
  return names
}

/** Returns the names that a pattern declares. Default values and computed keys declare nothing. */
function namesOf(pattern: unknown): string[] {
  const names: string[] = []
  const pending = [pattern]
  while (pending.length > 0) {
    const node = pending.pop() as Partial<Node> | null | undefined
    if (!node) continue
    if (node.type === 'Identifier') names.push(nameOf(node))
    else
      for (const part of [node.properties, node.elements, node.value, node.left, node.argument].flat())
        pending.push(part)
  }
  return names
}

/** Returns the name of an identifier or a member expression, or an empty string for any other node. */
export function nameOf(node: unknown): string {
  const { type, name, property } = (node ?? {}) as Partial<Node>
  if (type === 'Identifier' || type === 'PrivateIdentifier') return String(name)
  return type === 'MemberExpression' ? nameOf(property) : ''
}
