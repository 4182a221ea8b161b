import type { Program as Ast, Options, Token } from 'acorn'
import { declaredNames, type Node, visit } from './ast.ts'
import { watchedPromises } from './dropped-promises.ts'
import { parse, parseExpressionAt, tokenizer } from './javascript-parser.ts'
import { type MemberUse, memberUses } from './member-uses.ts'
import { type Edit, positionAt } from './positions.ts'
import { ProgramSyntaxError, TOO_LARGE } from './syntax-error.ts'
import { testedMembers } from './tested-members.ts'

const OPTIONS: Options = {
  ecmaVersion: 2025,
  sourceType: 'module',
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
}

/**
 * Parses a program as a module that may contain `return` and `await` at the top level.
 *
 * @throws {@link ProgramSyntaxError}
 */
export function parseJavaScript(text: string): Ast {
  try {
    return parse(text, OPTIONS)
  } catch (error) {
    throw syntaxError(text, error)
  }
}

/** Returns the end offset of the expression that starts at an offset, or undefined if none does. */
export function parseExpressionEnd(text: string, start: number): number | undefined {
  try {
    return parseExpressionAt(text, start, OPTIONS).end
  } catch {
    return undefined
  }
}

/** Returns whether the whole text is one expression. `{ a: 1 }` is one, although it would be a block as a statement. */
export function isExpression(text: string): boolean {
  const end = parseExpressionEnd(text, 0)
  return end !== undefined && isEmptyRest(text.slice(end))
}

/** Returns whether nothing but a semicolon follows an expression. */
export const isEmptyRest = (text: string): boolean => ['', ';'].includes(text.trim())

/** Matches the tokens that start a comment in a script but not in a module. */
const SCRIPT_COMMENT = /<!--|-->/

/**
 * Checks the source of a program after all edits. It must be a single async arrow function both as a script and as a
 * module, since engines evaluate it as either.
 *
 * @throws {@link ProgramSyntaxError}
 */
export function assertOneFunction(source: string): void {
  const tokens = tokensOfFunction(source, 'module')
  if (!SCRIPT_COMMENT.test(source)) return
  if (tokensOfFunction(source, 'script') === tokens) return
  throw new ProgramSyntaxError('`<!--` and `-->` start comments in some engines: put spaces inside them', {
    line: 1,
    column: 1,
  })
}

function tokensOfFunction(source: string, sourceType: 'module' | 'script'): number {
  const onToken: Token[] = []
  let body: readonly Node[] = []
  try {
    body = parse(source, { ...OPTIONS, sourceType, onToken }).body as unknown as Node[]
  } catch {
    // The check below rejects it.
  }
  const [statement, ...others] = body
  const expression = statement?.type === 'ExpressionStatement' ? (statement.expression as Node) : undefined
  const isOne = others.length === 0 && expression?.type === 'ArrowFunctionExpression' && expression.async === true
  if (isOne && expression.start === source.search(/\S/) && expression.end === source.length) return onToken.length
  throw new ProgramSyntaxError('the program is not the body of one function: write it as plain statements', {
    line: 1,
    column: 1,
  })
}

function syntaxError(text: string, error: unknown): unknown {
  if (error instanceof RangeError) return new ProgramSyntaxError(TOO_LARGE, { line: 1, column: 1 })
  const offset = (error as { pos?: unknown }).pos
  if (typeof offset !== 'number') return error
  // Acorn appends the position to its message.
  const message = (error as Error).message.replace(/\s*\(\d+:\d+\)$/, '')
  return new ProgramSyntaxError(message, positionAt(text, offset))
}

/**
 * Returns whether a program does something, such as return, await, call or declare. A program that is only a name, a
 * value or a block does nothing.
 */
export function doesSomething(ast: Ast): boolean {
  const [first, ...others] = ast.body as unknown as readonly Node[]
  if (first === undefined) return false
  if (others.length > 0) return true
  if (first.type === 'ReturnStatement') return first.argument !== null
  if (first.type !== 'ExpressionStatement') return !/^(?:Labeled|Empty|Block)Statement$/.test(first.type)
  return /^(?:Await|Call|ArrowFunction|Function)Expression$/.test((first.expression as Node).type)
}

/** Changes that turn a program into the body of a function that returns its value. */
export interface BodyPlan {
  readonly edits: readonly Edit[]
  /** Code to append on a new line after the program. */
  readonly tail: string
  /** Uses of members of globals. */
  readonly uses: readonly MemberUse[]
}

/**
 * Plans the edits that turn a program into the body of a function that returns the program's value.
 *
 * @throws {@link ProgramSyntaxError} for imports, re-exports, `import.meta` and calls of template literals
 */
export function planBody(text: string, ast: Ast): BodyPlan {
  const all = ast.body as unknown as readonly Node[]
  const edits: Edit[] = []
  const guards = all.flatMap((statement) => mainGuard(text, statement) ?? [])
  for (const { start, end } of guards) edits.push({ start, end, insert: 'true' })
  for (const statement of all) edits.push(...planModuleSyntax(text, statement))
  const enter = (node: Node): void => {
    switch (node.type) {
      case 'ImportExpression':
        // Engines treat `import()` differently, and none may load anything, so it becomes a call that rejects with an
        // explanation.
        edits.push({ start: node.start, end: node.start + 'import'.length, insert: '__import__' })
        return
      case 'MetaProperty':
        if ((node.meta as Node).name !== 'import') return
        throw new ProgramSyntaxError(
          'import.meta is not available: a program has no modules',
          positionAt(text, node.start),
        )
      case 'TaggedTemplateExpression':
        // JavaScript parses three backticks as a tagged template, which no program contains on purpose.
        if ((node.tag as Node).type === 'TemplateLiteral') {
          throw new ProgramSyntaxError('a template literal is not a function', positionAt(text, node.start))
        }
    }
  }
  // Replaced conditions are skipped, since nothing in them needs an edit.
  const root = ast as unknown as Node
  const replaced = new Set(guards)
  visit(root, enter, replaced)
  const hasExports = all.some(isCommonJsExport)
  if (hasExports && !all.some(declaresModule)) edits.push({ start: 0, end: 0, insert: COMMON_JS })
  const statements = all.filter((statement) => !isExportList(statement) && !isCommonJsExport(statement))
  const entry = statements.every(isDeclaration) ? entryOf(statements) : undefined
  const last = entry === undefined ? statements.findLast((statement) => !isFunction(statement)) : undefined
  const value = last === undefined ? [] : planValue(text, last)
  const declared = declaredNames(root)
  edits.push(...value, ...testedMembers(text, root, declared, replaced))
  edits.push(...watchedPromises(root, declared, new Set(value.map(({ start }) => start))))
  const uses = memberUses(text, root, declared)
  if (entry !== undefined) return { edits, tail: `;return ${entry}`, uses }
  return { edits, tail: value.length === 0 && hasExports ? COMMON_JS_ENTRY : '', uses }
}

const isExportList = ({ type, declaration }: Node): boolean => type === 'ExportNamedDeclaration' && declaration === null

/** Returns whether a statement declares a function or a class, or is empty. */
function isFunction(statement: Node): boolean {
  if (/^(?:Function|Class)Declaration$|^EmptyStatement$/.test(statement.type)) return true
  return statement.type === 'VariableDeclaration' && declaredFunctions(statement).length > 0
}

const COMMON_JS = 'const module={exports:{}};let exports=module.exports;'
/** Code that returns the entry function of a CommonJS module, or its exports if it has no such function. */
const COMMON_JS_ENTRY =
  ';{const of=module.exports,{main,run,handler,default:first}=of??{};return typeof of==="function"?of:main??run??handler??first??of}'

/**
 * Returns whether a statement assigns a CommonJS export: `module.exports = …`, `exports.main = …`, `module.exports.main
 * = …`.
 */
function isCommonJsExport(statement: Node): boolean {
  if (statement.type !== 'ExpressionStatement') return false
  let target = statement.expression as Node
  if (target.type !== 'AssignmentExpression') return false
  target = target.left as Node
  while (target.type === 'MemberExpression') {
    const object = target.object as Node
    const property = target.property as Node
    if (object.type === 'Identifier' && object.name === 'exports') return true
    if (object.type === 'Identifier' && object.name === 'module') return property.name === 'exports'
    target = object
  }
  return false
}

/** Returns whether a statement declares a `module` or `exports` variable, which then replaces that of CommonJS. */
const declaresModule = (statement: Node): boolean =>
  statement.type === 'VariableDeclaration' &&
  (statement.declarations as readonly Node[]).some(({ id }) => /^(?:module|exports)$/.test(String((id as Node).name)))

/**
 * Returns the condition that checks whether a file of Node.js or Deno is the main module. It is true for every program.
 */
function mainGuard(text: string, statement: Node): Node | undefined {
  if (statement.type !== 'IfStatement') return undefined
  const test = statement.test as Node
  const condition = text.slice(test.start, test.end)
  return /\bimport\.meta\b|\brequire\.main\b/.test(condition) && !condition.includes('\n') ? test : undefined
}

/**
 * Returns edits that return the value of a statement: the value it completes with, or the last variable it declares. A
 * branching statement returns the value of each branch. Loops, `return` and `throw` need no edits.
 */
function planValue(text: string, statement: Node): Edit[] {
  const inside = (node: unknown): Edit[] => (node ? planValue(text, node as Node) : [])
  switch (statement.type) {
    case 'ExpressionStatement':
      return returned(text, statement, statement.expression as Node)
    case 'VariableDeclaration': {
      const declarator = (statement.declarations as readonly Node[]).at(-1)
      const id = declarator?.id as Node
      if (id.type !== 'Identifier' || !declarator?.init) return []
      return [{ start: statement.end, end: statement.end, insert: `;return ${id.name}` }]
    }
    case 'BlockStatement': {
      const body = statement.body as readonly Node[]
      if (isObjectOfNames(text, statement, body)) {
        return [
          { start: statement.start, end: statement.start, insert: 'return(' },
          { start: statement.end, end: statement.end, insert: ')' },
        ]
      }
      return inside(body.findLast(({ type }) => !/^(?:Empty|Function|Class)/.test(type)))
    }
    case 'IfStatement':
      return [...inside(statement.consequent), ...inside(statement.alternate)]
    case 'TryStatement':
      return [...inside(statement.block), ...inside((statement.handler as Node | null)?.body)]
    case 'SwitchStatement': {
      const cases = statement.cases as readonly Node[]
      return cases.flatMap(({ consequent }, index) => {
        const body = (consequent as readonly Node[]).flatMap(statementsOf)
        const [last, end] = body.slice(-2)
        if (end?.type === 'BreakStatement') return inside(last)
        // A case that falls through does not complete here.
        return index === cases.length - 1 ? inside(end ?? last) : []
      })
    }
    default:
      return []
  }
}

const statementsOf = (statement: Node): readonly Node[] =>
  statement.type === 'BlockStatement' ? (statement.body as readonly Node[]) : [statement]

/**
 * Returns whether a block is meant as an object: JavaScript parses the statement `{ total, names }` as a block without
 * effect.
 */
function isObjectOfNames(text: string, block: Node, body: readonly Node[]): boolean {
  const [statement, ...others] = body
  if (statement?.type !== 'ExpressionStatement' || others.length > 0 || text[statement.end - 1] === ';') return false
  const expression = statement.expression as Node
  const names = expression.type === 'SequenceExpression' ? (expression.expressions as readonly Node[]) : [expression]
  return names.every(({ type }) => type === 'Identifier') && text[block.start] === '{'
}

/**
 * Returns edits that return an expression. A function that destructures its tools, such as `({ tools }) => …`, receives
 * the global object.
 */
function returned(text: string, statement: Node, expression: Node): Edit[] {
  const [open, close] = takesTools(expression) ? ['return((of)=>()=>of(globalThis))(', ')'] : ['return(', ')']
  return [{ start: statement.start, end: statement.start, insert: open }, closeBeforeSemicolon(text, statement, close)]
}

const takesTools = ({ type, params }: Node): boolean =>
  /Function/.test(type) && (params as readonly Node[])[0]?.type === 'ObjectPattern'

function closeBeforeSemicolon(text: string, statement: Node, insert: string): Edit {
  const at = text[statement.end - 1] === ';' ? statement.end - 1 : statement.end
  return { start: at, end: at, insert }
}

function planModuleSyntax(text: string, statement: Node): Edit[] {
  switch (statement.type) {
    case 'ImportDeclaration':
      throw new ProgramSyntaxError(
        'import is not available: a program has no modules, its tools are global objects',
        positionAt(text, statement.start),
      )
    case 'ExportDefaultDeclaration': {
      // The exported value is the value of the program. `return(` replaces `default`, so that a line break may follow.
      const tokens = tokenizer(text.slice(statement.start), OPTIONS)
      tokens.getToken()
      const at = statement.start + tokens.getToken().start
      const [open, close] = returned(text, statement, statement.declaration as Node)
      return [
        { start: statement.start, end: statement.start + 'export'.length, insert: '      ' },
        { start: at, end: at + 'default'.length, insert: (open as Edit).insert },
        close as Edit,
      ]
    }
    case 'ExportNamedDeclaration':
      if (statement.declaration !== null) {
        return [{ start: statement.start, end: statement.start + 'export'.length, insert: '      ' }]
      }
      // Only the list is removed: TypeScript requires `export {}`, and models list the functions to call.
      if (statement.source === null) return blanks(text, statement)
      throw new ProgramSyntaxError(
        'export … from is not available: a program has no modules',
        positionAt(text, statement.start),
      )
    case 'ExportAllDeclaration':
      throw new ProgramSyntaxError(
        'export * is not available: a program has no modules',
        positionAt(text, statement.start),
      )
    default:
      return []
  }
}

/** Returns edits that blank out a node line by line, so that line numbers stay the same. */
function blanks(text: string, { start, end }: Node): Edit[] {
  return [...text.slice(start, end).matchAll(/[^\n\r]+/g)].map(({ 0: line, index }) => ({
    start: start + index,
    end: start + index + line.length,
    insert: ' '.repeat(line.length),
  }))
}

const isDeclaration = ({ type }: Node): boolean =>
  /^(?:Function|Class|Variable|ExportNamed)Declaration$|^EmptyStatement$/.test(type)

/** Conventional names of entry functions. */
const ENTRY_NAMES = ['main', 'run']

interface DeclaredFunction {
  readonly name: string
  readonly id: Node
  readonly node: Node
}

/**
 * Returns an expression for the entry function of a program that only contains declarations. Candidates are the
 * functions that no other part of the program uses. A candidate with an entry name comes first, then the only candidate
 * that needs no arguments except tools, then the only candidate.
 */
function entryOf(statements: readonly Node[]): string | undefined {
  // If a name is declared twice, the later function counts.
  const declared = [...new Map(statements.flatMap(declaredFunctions).map((each) => [each.name, each])).values()]
  if (declared.length === 0) return undefined
  const places = new Map<string, number[]>()
  for (const statement of statements) {
    visit(statement, ({ type, name, start }) => {
      if (type !== 'Identifier') return
      const known = places.get(name as string)
      if (known === undefined) places.set(name as string, [start])
      else known.push(start)
    })
  }
  const unused = declared.filter(({ name, id, node }) =>
    places.get(name)?.every((at) => at === id.start || (at >= node.start && at < node.end)),
  )
  const needsNothing = ({ node }: DeclaredFunction) => takesTools(node) || (node.params as readonly Node[]).length === 0
  const only = ([first, ...others]: readonly DeclaredFunction[]) => (others.length === 0 ? first : undefined)
  const entry =
    unused.find(({ name }) => ENTRY_NAMES.includes(name)) ?? only(unused.filter(needsNothing)) ?? only(unused)
  return entry && (takesTools(entry.node) ? `()=>${entry.name}(globalThis)` : entry.name)
}

function declaredFunctions(statement: Node): DeclaredFunction[] {
  if (statement.type === 'ExportNamedDeclaration') {
    return statement.declaration === null ? [] : declaredFunctions(statement.declaration as Node)
  }
  if (statement.type === 'FunctionDeclaration') {
    const id = statement.id as Node
    return [{ name: id.name as string, id, node: statement }]
  }
  if (statement.type !== 'VariableDeclaration') return []
  return (statement.declarations as readonly Node[]).flatMap((declarator) => {
    const id = declarator.id as Node
    const node = declarator.init as Node | null
    const isNamed = id.type === 'Identifier' && /^(?:ArrowFunction|Function)Expression$/.test(String(node?.type))
    return isNamed ? [{ name: id.name as string, id, node: node as Node }] : []
  })
}
