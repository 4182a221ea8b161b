import { type Node, visit } from './ast.ts'
import type { Edit } from './positions.ts'

/** Functions that ignore what their callback returns. */
const IGNORING = /^(?:forEach|setTimeout|setInterval|setImmediate)$/
const OF_PROMISES = /^(?:then|catch|finally)$/
/** Objects whose methods return no promise. */
const SYNCHRONOUS =
  /^(?:console|Math|JSON|Object|Array|Reflect|Number|String|Intl|Date|Symbol|Atomics|globalThis|process|Buffer)$/

/**
 * Finds the promises that a program drops: statements that are calls of async functions, of methods of promises and of
 * global objects, and async functions that are given where their result is ignored.
 *
 * @param returned where statements start that give the program's value
 * @returns edits that hand each promise to the runtime, which reports its rejection
 */
export function watchedPromises(ast: Node, returned: ReadonlySet<number>): Edit[] {
  const asyncNames = new Set<string>()
  const declared = new Set<string>()
  const statements: Node[] = []
  const calls: Node[] = []
  const declare = (pattern: unknown): void => {
    for (const name of namesOf(pattern)) declared.add(name)
  }
  visit(ast, (node) => {
    for (const parameter of (node.params ?? []) as readonly Node[]) declare(parameter)
    switch (node.type) {
      case 'FunctionDeclaration':
        declare(node.id)
        if (isAsync(node)) asyncNames.add(nameOf(node.id))
        return
      case 'ClassDeclaration':
        declare(node.id)
        return
      case 'CatchClause':
        declare(node.param)
        return
      case 'VariableDeclarator':
        declare(node.id)
        if (isAsync(node.init)) asyncNames.add(nameOf(node.id))
        return
      case 'AssignmentExpression':
        if (isAsync(node.right)) asyncNames.add(nameOf(node.left))
        return
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        if (isAsync(node.value)) asyncNames.add(nameOf(node.key))
        return
      case 'ExpressionStatement':
        statements.push(node)
        return
      case 'CallExpression':
      case 'NewExpression':
        calls.push(node)
    }
  })
  const givesPromise = (call: Node): boolean => {
    const callee = call.callee as Node
    if (callee.type === 'Identifier') return asyncNames.has(nameOf(callee))
    if (callee.type !== 'MemberExpression') return isAsync(callee)
    const method = nameOf(callee.property)
    if (OF_PROMISES.test(method) || asyncNames.has(method)) return true
    const object = callee.object as Node
    if (object.type !== 'Identifier') return false
    const holder = nameOf(object)
    return !declared.has(holder) && !SYNCHRONOUS.test(holder)
  }
  const dropped = statements
    .filter(({ start }) => !returned.has(start))
    .map(({ expression }) => expression as Node)
    .filter((expression) => expression.type === 'CallExpression' && givesPromise(expression))
  const callbacks = calls.flatMap((call) => {
    const callee = call.callee as Node
    const name = nameOf(callee.type === 'MemberExpression' ? callee.property : callee)
    const isIgnored = call.type === 'CallExpression' ? IGNORING.test(name) : name === 'Promise'
    const [first] = call.arguments as readonly Node[]
    const isWatched = first !== undefined && (isAsync(first) || asyncNames.has(nameOf(first)))
    return isIgnored && isWatched ? [first] : []
  })
  return [...dropped, ...callbacks].flatMap(({ start, end }) => [
    { start, end: start, insert: '__unhandled__(' },
    { start: end, end, insert: ')' },
  ])
}

const isAsync = (node: unknown): boolean => {
  const { type, async, generator } = (node ?? {}) as Partial<Node>
  return /Function/.test(type ?? '') && async === true && generator !== true
}

/** Names that a pattern declares. Neither default values nor computed keys declare anything. */
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

/** The name of an identifier or of a member; empty for any other node. */
function nameOf(node: unknown): string {
  const { type, name, property } = (node ?? {}) as Partial<Node>
  if (type === 'Identifier' || type === 'PrivateIdentifier') return String(name)
  return type === 'MemberExpression' ? nameOf(property) : ''
}
