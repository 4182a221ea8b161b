import type { Program as Ast, Options, Token } from 'acorn'
import { parse, parseExpressionAt, tokenizer } from './javascript-parser.ts'
import { type Edit, positionAt } from './positions.ts'
import { ProgramSyntaxError, TOO_LARGE } from './syntax-error.ts'

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

/** Whether the whole text is one expression, as `{ a: 1 }` is, which as statements would be a block. */
export function isExpression(text: string): boolean {
  try {
    const expression = parseExpressionAt(text, 0, OPTIONS)
    const rest = text.slice(expression.end).trim()
    return rest === '' || rest === ';'
  } catch {
    return false
  }
}

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

type Node = { readonly type: string; readonly start: number; readonly end: number } & {
  readonly [key: string]: unknown
}

/**
 * What makes these statements the body of a function that returns the program's value, and what to add behind them.
 *
 * @throws {@link ProgramSyntaxError} for imports and exports that mean nothing here
 */
export function planBody(text: string, ast: Ast): { edits: Edit[]; tail: string } {
  const statements = ast.body as unknown as readonly Node[]
  const edits: Edit[] = []
  for (const statement of statements) edits.push(...planModuleSyntax(text, statement))
  visit(ast as unknown as Node, (node) => {
    switch (node.type) {
      case 'ImportExpression':
        // Engines differ in what this does, and none may load anything, so it is made a call that explains itself.
        return edits.push({ start: node.start, end: node.start + 'import'.length, insert: '__import__' })
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
  })
  const last = statements.findLast((statement) => statement.type !== 'EmptyStatement')
  if (last === undefined) return { edits, tail: '' }
  if (last.type === 'ExpressionStatement') {
    edits.push({ start: last.start, end: last.start, insert: 'return(' }, closeBeforeSemicolon(text, last))
    return { edits, tail: '' }
  }
  const name = statements.every(isDeclaration) ? declaredFunction(last) : undefined
  return { edits, tail: name === undefined ? '' : `;return ${name}` }
}

function closeBeforeSemicolon(text: string, statement: Node): Edit {
  const at = text[statement.end - 1] === ';' ? statement.end - 1 : statement.end
  return { start: at, end: at, insert: ')' }
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
      return [
        { start: statement.start, end: statement.start + 'export'.length, insert: '      ' },
        { start: at, end: at + 'default'.length, insert: 'return(' },
        closeBeforeSemicolon(text, statement),
      ]
    }
    case 'ExportNamedDeclaration':
      if (statement.declaration !== null) {
        return [{ start: statement.start, end: statement.start + 'export'.length, insert: '      ' }]
      }
      // What TypeScript asks for where a program stands in a file of its own.
      if (/^export ?\{ ?\};?$/.test(text.slice(statement.start, statement.end))) {
        return [{ start: statement.start, end: statement.end, insert: '' }]
      }
      throw new ProgramSyntaxError(
        'export lists are not available: a program has no modules',
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

const isDeclaration = ({ type }: Node): boolean =>
  /^(?:Function|Class|Variable|ExportNamed)Declaration$|^EmptyStatement$/.test(type)

/** The name of the function that a declaration declares, and nothing else. */
function declaredFunction(statement: Node): string | undefined {
  if (statement.type === 'ExportNamedDeclaration') {
    return statement.declaration === null ? undefined : declaredFunction(statement.declaration as Node)
  }
  if (statement.type === 'FunctionDeclaration') return (statement.id as Node).name as string
  if (statement.type !== 'VariableDeclaration') return undefined
  const [declarator, ...others] = statement.declarations as readonly Node[]
  const value = declarator?.init as Node | null | undefined
  const isFunction = value?.type === 'ArrowFunctionExpression' || value?.type === 'FunctionExpression'
  const id = declarator?.id as Node | undefined
  return isFunction && others.length === 0 && id?.type === 'Identifier' ? (id.name as string) : undefined
}

function visit(root: Node, enter: (node: Node) => void): void {
  const pending: unknown[] = [root]
  while (pending.length > 0) {
    const node = pending.pop()
    if (typeof node !== 'object' || node === null) continue
    if (typeof (node as Node).type === 'string') enter(node as Node)
    for (const child of Object.values(node)) if (typeof child === 'object') pending.push(child)
  }
}
