import { type Node, nameOf, visit } from './ast.ts'
import type { Edit } from './positions.ts'

/** Functions that ignore the return value of their callback. */
const IGNORING = /^(?:forEach|setTimeout|setInterval|setImmediate)$/
const OF_PROMISES = /^(?:then|catch|finally)$/
/** Globals whose methods do not return promises. */
const SYNCHRONOUS =
  /^(?:console|Math|JSON|Object|Array|Reflect|Number|String|Intl|Date|Symbol|Atomics|globalThis|process|Buffer)$/

/**
 * Finds promises that a program drops: statements that call an async function, a promise method or a method of a global
 * object, and async functions passed as callbacks whose result is ignored.
 *
 * @param declared names that the program declares, as returned by {@link declaredNames}
 * @param returned start offsets of the statements that produce the program's value
 * @returns edits that pass each of them to the runtime, which reports its rejection
 */
export function watchedPromises(ast: Node, declared: ReadonlySet<string>, returned: ReadonlySet<number>): Edit[] {
  const asyncNames = new Set<string>()
  const statements: Node[] = []
  const calls: Node[] = []
  visit(ast, (node) => {
    switch (node.type) {
      case 'FunctionDeclaration':
        if (isAsync(node)) asyncNames.add(nameOf(node.id))
        return
      case 'VariableDeclarator':
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
