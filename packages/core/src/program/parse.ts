import type { Program as Ast, Options, Token } from 'acorn'
import { declaredNames, type Node, visit } from './ast.ts'
import { watchedPromises } from './dropped-promises.ts'
import { parse, parseExpressionAt, tokenizer } from './javascript-parser.ts'
import { type Edit, positionAt } from './positions.ts'
import { ProgramSyntaxError, TOO_LARGE } from './syntax-error.ts'
import { testedMembers } from './tested-members.ts'

const OPTIONS: Options = {
  ecmaVersion: 2025,
  sourceType: 'module',
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
}

/** @throws {@link ProgramSyntaxError} */
export function parseJavaScript(text: string): Ast {
  try {
    return parse(text, OPTIONS)
  } catch (error) {
    throw syntaxError(text, error)
  }
}

/** Where the expression that begins at a place ends. Undefined where none does. */
export function parseExpressionEnd(text: string, start: number): number | undefined {
  try {
    return parseExpressionAt(text, start, OPTIONS).end
  } catch {
    return undefined
  }
}

/** Whether the whole text is one expression, as `{ a: 1 }` is, which as statements would be a block. */
export function isExpression(text: string): boolean {
  const end = parseExpressionEnd(text, 0)
  return end !== undefined && isEmptyRest(text.slice(end))
}

/** Whether nothing stands behind an expression. */
export const isEmptyRest = (text: string): boolean => ['', ';'].includes(text.trim())

/** What is a comment in a script, and none in a module. */
const SCRIPT_COMMENT = /<!--|-->/

/**
 * Holds against every engine what was read as a program and then edited and wrapped: it is one async arrow function and
 * nothing else, for those that evaluate scripts and for those that evaluate modules.
 *
 * @throws {@link ProgramSyntaxError}
 */
export function assertOneFunction(source: string): void {
  const tokens = tokensOfFunction(source, 'module')
  if (!SCRIPT_COMMENT.test(source)) return
  if (tokensOfFunction(source, 'script') === tokens) return
  throw new ProgramSyntaxError('`<!--` and `-->` begin comments on some engines: write spaces between', {
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
    // Which is no function either.
  }
  const [statement, ...others] = body
  const expression = statement?.type === 'ExpressionStatement' ? (statement.expression as Node) : undefined
  const isOne = others.length === 0 && expression?.type === 'ArrowFunctionExpression' && expression.async === true
  if (isOne && expression.start === source.search(/\S/) && expression.end === source.length) return onToken.length
  throw new ProgramSyntaxError('it is no program: parts of it would stand outside of its function', {
    line: 1,
    column: 1,
  })
}

function syntaxError(text: string, error: unknown): unknown {
  if (error instanceof RangeError) return new ProgramSyntaxError(TOO_LARGE, { line: 1, column: 1 })
  const offset = (error as { pos?: unknown }).pos
  if (typeof offset !== 'number') return error
  // Acorn puts the position at the end of its message.
  const message = (error as Error).message.replace(/\s*\(\d+:\d+\)$/, '')
  return new ProgramSyntaxError(message, positionAt(text, offset))
}

/** Whether a program returns, awaits, calls or declares something, and is more than one name or one value. */
export function doesSomething(ast: Ast): boolean {
  const [first, ...others] = ast.body as unknown as readonly Node[]
  if (first === undefined) return false
  if (others.length > 0) return true
  if (first.type === 'ReturnStatement') return first.argument !== null
  if (first.type !== 'ExpressionStatement') return !/^(?:Labeled|Empty|Block)Statement$/.test(first.type)
  return /^(?:Await|Call|ArrowFunction|Function)Expression$/.test((first.expression as Node).type)
}

/** Where the value of a program comes from, and what to change and to add for that. */
export interface BodyPlan {
  readonly edits: readonly Edit[]
  /** Stands on lines of its own behind the program. */
  readonly tail: string
}

/**
 * What makes these statements the body of a function that returns the program's value.
 *
 * @throws {@link ProgramSyntaxError} for imports and exports that mean nothing here
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
        // Engines differ in what this does, and none may load anything, so it is made a call that explains itself.
        edits.push({ start: node.start, end: node.start + 'import'.length, insert: '__import__' })
        return
      case 'MetaProperty':
        if ((node.meta as Node).name !== 'import') return
        throw new ProgramSyntaxError(
          'import.meta is not available: a program has no modules',
          positionAt(text, node.start),
        )
      case 'TaggedTemplateExpression':
        // Three backticks are such a thing to JavaScript; nobody else writes one.
        if ((node.tag as Node).type === 'TemplateLiteral') {
          throw new ProgramSyntaxError('a template literal is no function to call', positionAt(text, node.start))
        }
    }
  }
  // A condition that is replaced has nothing else to change in it.
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
  if (entry !== undefined) return { edits, tail: `;return ${entry}` }
  return { edits, tail: value.length === 0 && hasExports ? COMMON_JS_ENTRY : '' }
}

const isExportList = ({ type, declaration }: Node): boolean => type === 'ExportNamedDeclaration' && declaration === null

/** A statement that declares functions alone, or nothing that has a value. */
function isFunction(statement: Node): boolean {
  if (/^(?:Function|Class)Declaration$|^EmptyStatement$/.test(statement.type)) return true
  return statement.type === 'VariableDeclaration' && declaredFunctions(statement).length > 0
}

const COMMON_JS = 'const module={exports:{}};let exports=module.exports;'
/** What a module of Node exports, or the function in it that a host would call. */
const COMMON_JS_ENTRY =
  ';{const of=module.exports,{main,run,handler,default:first}=of??{};return typeof of==="function"?of:main??run??handler??first??of}'

/** `module.exports = …`, `exports.main = …`, `module.exports.main = …`. */
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

/** Whether a program has a `module` or `exports` of its own, which are then none of Node's. */
const declaresModule = (statement: Node): boolean =>
  statement.type === 'VariableDeclaration' &&
  (statement.declarations as readonly Node[]).some(({ id }) => /^(?:module|exports)$/.test(String((id as Node).name)))

/** The condition under which a file of Node or Deno runs by itself, which a program does. */
function mainGuard(text: string, statement: Node): Node | undefined {
  if (statement.type !== 'IfStatement') return undefined
  const test = statement.test as Node
  const condition = text.slice(test.start, test.end)
  return /\bimport\.meta\b|\brequire\.main\b/.test(condition) && !condition.includes('\n') ? test : undefined
}

/**
 * Edits that return the value which a statement completes with, or declares last: that of its branches, where it has some.
 * None for a loop, and for what says by itself what is returned.
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
        // What falls through to the next case has not come to its end.
        return index === cases.length - 1 ? inside(end ?? last) : []
      })
    }
    default:
      return []
  }
}

const statementsOf = (statement: Node): readonly Node[] =>
  statement.type === 'BlockStatement' ? (statement.body as readonly Node[]) : [statement]

/** `{ total, names }` as a last statement: a block to JavaScript, which does nothing. */
function isObjectOfNames(text: string, block: Node, body: readonly Node[]): boolean {
  const [statement, ...others] = body
  if (statement?.type !== 'ExpressionStatement' || others.length > 0 || text[statement.end - 1] === ';') return false
  const expression = statement.expression as Node
  const names = expression.type === 'SequenceExpression' ? (expression.expressions as readonly Node[]) : [expression]
  return names.every(({ type }) => type === 'Identifier') && text[block.start] === '{'
}

/** A function that takes its tools apart, as `({ tools }) => …` does, finds them among the globals. */
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
      // Its value is the program's. `return(` takes the place of `default`, so that a line break may follow.
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
      // What it exports stays where it is: TypeScript asks for `export {}`, and models list what can be called.
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

/** Line by line, so that lines stay true. */
function blanks(text: string, { start, end }: Node): Edit[] {
  return [...text.slice(start, end).matchAll(/[^\n\r]+/g)].map(({ 0: line, index }) => ({
    start: start + index,
    end: start + index + line.length,
    insert: ' '.repeat(line.length),
  }))
}

const isDeclaration = ({ type }: Node): boolean =>
  /^(?:Function|Class|Variable|ExportNamed)Declaration$|^EmptyStatement$/.test(type)

/** Names of functions that the runner of a program is meant to call. */
const ENTRY_NAMES = ['main', 'run']

interface DeclaredFunction {
  readonly name: string
  readonly id: Node
  readonly node: Node
}

/**
 * What calls the function that is the program, where a program only declares: of those that no other part of it uses, the
 * one with such a name, the only one that needs nothing, or the only one.
 */
function entryOf(statements: readonly Node[]): string | undefined {
  // A name that is declared again is the later function.
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
