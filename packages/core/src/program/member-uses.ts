import { type Node, nameOf, visit } from './ast.ts'
import { type Position, positionAt } from './positions.ts'

/** A place where a program uses a member of a global object, such as a tool of a namespace. */
export interface MemberUse {
  readonly object: string
  readonly member: string
  /** Position in the JavaScript of the program. */
  readonly position: Position
  /** Whether the place is in a loop, in a callback, or in a function that is called in one. */
  readonly isRepeated: boolean
}

/** Maximum number of uses that are listed. */
const MAX_USES = 200
/** Maximum number of calls that are followed. In a program with more, everything counts as repeated. */
const MAX_CALLS = 2_000
const LOOPS = /^(?:For|ForIn|ForOf|While|DoWhile)Statement$/
/** Functions that call their callback at most once. */
const ONCE = /^(?:then|catch|finally|setTimeout|setImmediate|queueMicrotask|Promise)$/

interface Range {
  readonly start: number
  readonly end: number
}

/**
 * Finds the places where a program uses members of globals by name.
 *
 * @param declared names that the program declares, as returned by {@link declaredNames}
 */
export function memberUses(text: string, ast: Node, declared: ReadonlySet<string>): readonly MemberUse[] {
  const uses: (Range & { readonly object: string; readonly member: string })[] = []
  const repeated: Range[] = []
  const functions = new Map<string, Range[]>()
  const calls: (Range & { readonly name: string })[] = []
  const name = (key: unknown, value: unknown) => {
    if (isFunction(value)) functions.set(nameOf(key), [...(functions.get(nameOf(key)) ?? []), value])
  }
  visit(ast, (node) => {
    if (LOOPS.test(node.type)) repeated.push(node)
    switch (node.type) {
      case 'MemberExpression': {
        const { object, property, computed, start, end } = node
        const holder = (object as Node).type === 'Identifier' ? nameOf(object) : ''
        if (holder !== '' && computed !== true && !declared.has(holder))
          uses.push({ object: holder, member: nameOf(property), start, end })
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
        calls.push({ name: nameOf(callee), start, end })
        if (!ONCE.test(nameOf(callee))) repeated.push(...(node.arguments as readonly Node[]).filter(isFunction))
      }
    }
  })
  if (calls.length > MAX_CALLS) repeated.push(ast)
  else addCalled(repeated, functions, calls)
  return uses
    .sort((one, other) => one.start - other.start)
    .slice(0, MAX_USES)
    .map(({ object, member, start }) => ({
      object,
      member,
      position: positionAt(text, start),
      isRepeated: repeated.some((range) => contains(range, start)),
    }))
}

/** Adds the functions that are called where code is repeated, and those that they call. */
function addCalled(
  repeated: Range[],
  functions: Map<string, Range[]>,
  calls: readonly (Range & { readonly name: string })[],
): void {
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

const contains = ({ start, end }: Range, at: number): boolean => start <= at && at < end

const isFunction = (node: unknown): node is Node => /Function/.test(((node ?? {}) as Partial<Node>).type ?? '')
