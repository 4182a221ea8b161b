import { type Node, nameOf, visit } from './ast.ts'
import type { Edit } from './positions.ts'

/** Globals that are not objects, and globals whose members a program may test unchanged. */
const LEFT_ALONE = /^(?:undefined|NaN|Infinity|globalThis|global|self|console|process|Math|JSON|Object|Array|Promise)$/

/**
 * Finds members of global objects that a program only tests: `if (tools.find)`, `typeof tools.find`, `tools.find?.()`.
 * A namespace returns a function for every name, so that a call of an unknown tool fails with an explanation. A test
 * must not find that function.
 *
 * @param declared names that the program declares, as returned by `declaredNames`
 * @param skipped nodes that are replaced as a whole
 * @returns edits after which a test finds only members that exist
 */
export function testedMembers(
  text: string,
  ast: Node,
  declared: ReadonlySet<string>,
  skipped: ReadonlySet<Node>,
): Edit[] {
  const tested = new Set<Node>()
  visit(
    ast,
    (node) => {
      for (const operand of testedIn(node)) tested.add(operand)
    },
    skipped,
  )
  return [...tested].flatMap((operand) => {
    const object = operand.object as Node
    const property = operand.property as Node
    if (operand.type !== 'MemberExpression' || object.type !== 'Identifier') return []
    const holder = nameOf(object)
    if (declared.has(holder) || LEFT_ALONE.test(holder)) return []
    if (operand.computed === true && !/^(?:Identifier|Literal)$/.test(property.type)) return []
    const key = operand.computed === true ? text.slice(property.start, property.end) : JSON.stringify(nameOf(property))
    return [{ start: object.start, end: object.end, insert: `(${key} in ${holder}?${holder}:{})` }]
  })
}

/** Returns the operands that an expression or a statement only tests. */
function testedIn({ type, test, left, right, argument, operator, callee, optional }: Node): Node[] {
  switch (type) {
    case 'IfStatement':
    case 'ConditionalExpression':
    case 'WhileStatement':
      return [test as Node]
    case 'LogicalExpression':
      return [left as Node]
    case 'BinaryExpression':
      return /^[!=]==?$/.test(String(operator)) ? [left as Node, right as Node] : []
    case 'UnaryExpression':
      return operator === 'typeof' || operator === '!' ? [argument as Node] : []
    case 'CallExpression':
      return optional === true ? [callee as Node] : []
    default:
      return []
  }
}
