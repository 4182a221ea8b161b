import { type Node, nameOf, visit } from './ast.ts'
import { type Position, positionAt } from './positions.ts'

/** Places where a program uses one member of a global object, such as a tool of a namespace. */
export interface MemberUse {
  readonly object: string
  readonly member: string
  /** Positions in the JavaScript of the program, at most 20. */
  readonly positions: readonly Position[]
  /**
   * Whether a place may run several times: it is in a loop, in a callback or in a function that is called in one, or it does
   * not call the member itself.
   */
  readonly isRepeated: boolean
}

/** Maximum number of members that are listed, and of places of one. */
const MAX_USES = 500
const MAX_PLACES = 20
/** Maximum number of calls, and of repeated places. In a program with more, everything counts as repeated. */
const MAX_CALLS = 2_000
const LOOPS = /^(?:For|ForIn|ForOf|While|DoWhile)Statement$/
/** Functions that call their callback at most once. */
const ONCE = /^(?:then|catch|finally|setTimeout|setImmediate|queueMicrotask|Promise)$/

interface Range {
  readonly start: number
  readonly end: number
}

interface Call extends Range {
  readonly name: string
}

/**
 * Finds the places where a program uses members of globals by name.
 *
 * @param declared names that the program declares, as returned by {@link declaredNames}
 */
export function memberUses(text: string, ast: Node, declared: ReadonlySet<string>): readonly MemberUse[] {
  const members = new Map<string, { readonly object: string; readonly member: string; readonly starts: number[] }>()
  const repeated: Range[] = []
  const functions = new Map<string, Range[]>()
  const calls: Call[] = []
  const called = new Set<unknown>()
  const name = (key: unknown, value: unknown) => {
    if (!isFunction(value)) return
    const known = functions.get(nameOf(key))
    if (known === undefined) functions.set(nameOf(key), [value])
    else known.push(value)
  }
  visit(ast, (node) => {
    if (LOOPS.test(node.type)) repeated.push(node)
    switch (node.type) {
      case 'MemberExpression': {
        const { object, property, computed, start } = node
        const holder = (object as Node).type === 'Identifier' ? nameOf(object) : ''
        if (holder === '' || computed === true || declared.has(holder)) return
        const key = `${holder}.${nameOf(property)}`
        const known = members.get(key) ?? { object: holder, member: nameOf(property), starts: [] }
        if (members.size < MAX_USES) members.set(key, known)
        known.starts.push(start)
        // What is not called here may be called anywhere.
        if (!called.has(node)) repeated.push({ start, end: start + 1 })
        return
      }
      case 'FunctionDeclaration':
        return name(node.id, node)
      case 'VariableDeclarator':
        return name(node.id, node.init)
      case 'AssignmentExpression':
        return name(node.left, node.right)
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        return name(node.key, node.value)
      case 'CallExpression':
      case 'NewExpression': {
        const { callee, start, end } = node
        called.add(callee)
        calls.push({ name: nameOf(callee), start, end })
        if (ONCE.test(nameOf(callee))) return
        for (const argument of node.arguments as readonly Node[]) {
          // A function that is passed by its name is called there, any number of times.
          if (argument.type === 'Identifier') calls.push({ ...rangeOf(argument), name: nameOf(argument) })
          if (argument.type === 'Identifier' || isFunction(argument)) repeated.push(rangeOf(argument))
        }
      }
    }
  })
  if (calls.length > MAX_CALLS || repeated.length > MAX_CALLS) repeated.unshift(ast)
  else addCalled(repeated, functions, calls)
  return [...members.values()].map(({ object, member, starts }) => ({
    object,
    member,
    positions: starts
      .sort((one, other) => one - other)
      .slice(0, MAX_PLACES)
      .map((start) => positionAt(text, start)),
    isRepeated: starts.some((start) => repeated.some((range) => contains(range, start))),
  }))
}

/** Adds the functions that are called where code is repeated, and those that they call. */
function addCalled(repeated: Range[], functions: Map<string, Range[]>, calls: readonly Call[]): void {
  // A function that calls itself.
  for (const { name, start } of calls)
    if (functions.get(name)?.some((range) => contains(range, start)) === true)
      repeated.push(...(functions.get(name) ?? []))
  // The list grows while it is read.
  for (const range of repeated) {
    for (const call of calls) {
      const called = contains(range, call.start) ? functions.get(call.name) : undefined
      if (called === undefined) continue
      functions.delete(call.name)
      repeated.push(...called)
    }
  }
}

const rangeOf = ({ start, end }: Node): Range => ({ start, end })

const contains = ({ start, end }: Range, at: number): boolean => start <= at && at < end

const isFunction = (node: unknown): node is Node => /Function/.test(((node ?? {}) as Partial<Node>).type ?? '')
