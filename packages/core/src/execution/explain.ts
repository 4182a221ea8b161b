import type { Catalog } from '../catalog/catalog.ts'
import { nearest } from '../catalog/nearest.ts'
import type { ExecutionError } from '../errors.ts'
import { codeFrame, type Position } from '../program/positions.ts'
import type { HostCallRecord } from './events.ts'
import type { ExecuteResult } from './result.ts'

/**
 * Adds to a result what helps a model to correct its program: to an error the lines around the place and what to do, and
 * warnings of what the program may not have meant.
 */
export function explain(result: ExecuteResult, code: string, catalog: Catalog): ExecuteResult {
  const warnings = warningsOf(result, code)
  const warned = warnings.length === 0 ? result : { ...result, warnings }
  return warned.ok ? warned : { ...warned, error: explainError(warned.error, result.calls, code, catalog) }
}

/** A program that returns nothing, or leaves calls alone, would seem to have succeeded. */
function warningsOf({ calls, ...result }: ExecuteResult, code: string): string[] {
  const warnings: string[] = []
  const open = toolsOf(calls, 'cancelled')
  if (open.count > 0 && (result.ok || !STOPPED.test(result.error.code)))
    warnings.push(
      `The program ended before ${open.count} of its calls did, which may have had no effect: ${open.names}. Await every call.`,
    )
  if (!result.ok) return warnings
  const failed = toolsOf(calls, 'failed')
  if (failed.count > 0 && !HANDLES.test(code))
    warnings.push(
      `${failed.count} of the program's calls failed, and it did not look at that: ${failed.names}. Await every call, in a loop rather than in forEach.`,
    )
  if (result.value === undefined && calls.length > 0 && result.logs.length === 0 && !RETURNS.test(code))
    warnings.push('The program has no value. End it with return.')
  return warnings
}

/** What a program that looks at failures has in it. */
const HANDLES = /\bcatch\b|\ballSettled\b|\bPromise\.any\b|\.then\(/
/** The program did not end by itself. */
const STOPPED = /^(?:LIMIT|SANDBOX|PROGRAM)_/
const RETURNS = /\breturn\b/

function toolsOf(
  calls: readonly HostCallRecord[],
  outcome: HostCallRecord['outcome'],
): { count: number; names: string } {
  const tools = calls.filter((call) => call.outcome === outcome).map(({ tool }) => tool)
  return { count: tools.length, names: [...new Set(tools)].slice(0, MAX_NAMED).join(', ') }
}

function explainError(
  given: ExecutionError,
  calls: readonly HostCallRecord[],
  code: string,
  catalog: Catalog,
): ExecutionError {
  const { line, column } = given
  const position = line === undefined || column === undefined ? undefined : { line, column }
  const error = { ...given, ...wordAlike(given, code, position) }
  const frame = position === undefined ? undefined : (given.frame ?? codeFrame(code, position))
  const hint = adviceOn(error, position, code, catalog, calls)
  return { ...error, ...(frame !== undefined && { frame }), ...(hint !== undefined && { hint }) }
}

const lineOf = (code: string, { line }: Position): string => (code.split('\n')[line - 1] ?? '').slice(0, MAX_LINE)

/** The words of QuickJS, and what V8 says for the same. */
const WORDINGS: readonly (readonly [quickjs: RegExp, v8: string])[] = [
  [/^'([\p{ID_Continue}$]+)' is not defined$/u, '$1 is not defined'],
  [/^([\p{ID_Continue}$]+) is not initialized$/u, "Cannot access '$1' before initialization"],
  [/^cannot read property '(.*)' of (undefined|null)$/s, "Cannot read properties of $2 (reading '$1')"],
  [/^cannot set property '(.*)' of (undefined|null)$/s, "Cannot set properties of $2 (setting '$1')"],
  [/^'([\p{ID_Continue}$]+)' is read-only$/u, 'Assignment to constant variable.'],
]

/** An error is worded alike, whatever the engine. */
function wordAlike(
  { code: errorCode, name, message }: ExecutionError,
  code: string,
  position: Position | undefined,
): Pick<ExecutionError, 'name' | 'message'> {
  if (errorCode === 'LIMIT_STACK')
    return { name: 'RangeError', message: 'The program recurses deeper than the engine can follow' }
  if (errorCode !== 'CODE_THREW') return { name, message }
  if (message === 'not a function' && position !== undefined) {
    const before = lineOf(code, position).slice(Math.max(0, position.column - MAX_NAME), position.column - 1)
    const [callee] = /[\p{ID_Continue}$]+(?:\??\.[\p{ID_Continue}$]+)*\s*$/u.exec(before) ?? []
    return { name, message: callee === undefined ? message : `${callee.trim()} is not a function` }
  }
  const wording = WORDINGS.find(([pattern]) => pattern.test(message))
  return { name, message: wording === undefined ? message : message.replace(wording[0], wording[1]) }
}

const UNDEFINED_NAME = /^([\p{ID_Start}$_][\p{ID_Continue}$]*) is not defined$/u
/** How engines word the use of a promise in place of what it resolves to. */
const MISUSED = /undefined|null|not a function|not iterable|not an object|is not a constructor/
/** Looks only a little way: a program may be long, and anything. */
const BUSY_WAIT = /\b(?:while|for|do)\b[^;{]{0,200}(?:Date\.now|performance\.now|new Date)/
const MAX_NAMED = 8
/** Of a line, what is looked at. */
const MAX_LINE = 1_000
/** Longer names are no slip of a model. */
const MAX_NAME = 100

function adviceOn(
  { code: errorCode, name, message }: ExecutionError,
  position: Position | undefined,
  code: string,
  catalog: Catalog,
  calls: readonly HostCallRecord[],
): string | undefined {
  if (errorCode === 'LIMIT_CPU' && BUSY_WAIT.test(code))
    return 'The clock stands still while a program computes, so a loop that waits for it never ends. Wait with: await new Promise((resolve) => setTimeout(resolve, 1000))'
  if (errorCode === 'CODE_SYNTAX') return adviceOnSyntax(message, position === undefined ? '' : lineOf(code, position))
  if (errorCode !== 'CODE_THREW') return undefined
  const hidden = hiddenNamespace(code, catalog)
  if (hidden !== undefined && (name === 'TypeError' || name === 'ReferenceError'))
    return `A variable of the program hides the namespace ${hidden}. Give the variable another name.`
  if (name === 'ReferenceError') {
    const undefinedName = UNDEFINED_NAME.exec(message)?.[1]
    return undefinedName === undefined ? undefined : adviceOnName(undefinedName, catalog)
  }
  const isUnawaited = calls.some(({ outcome }) => outcome === 'cancelled') || keepsPromise(code, catalog)
  return name === 'TypeError' && isUnawaited && MISUSED.test(message) ? 'Is an await missing?' : undefined
}

/** Whether a call's promise is assigned as it is: whether the call has ended when that goes wrong is chance. */
function keepsPromise(code: string, { namespaces }: Catalog): boolean {
  const assigned = new Set<string>()
  for (const [, name] of code.matchAll(/(?<![=!<>])=\s*([\w$]+)\.[\w$]+\(/g)) assigned.add(name as string)
  return namespaces.some(({ identifier }) => assigned.has(identifier))
}

function hiddenNamespace(code: string, { namespaces }: Catalog): string | undefined {
  const declared = new Set<string>()
  for (const [, name] of code.matchAll(/\b(?:const|let|var|function|class)\s+([\w$]+)/g)) declared.add(name as string)
  return namespaces.find(({ identifier }) => declared.has(identifier))?.identifier
}

/** Syntax that is not read, by the message of the parser and the line that it stops at. */
const SYNTAX: readonly (readonly [message: RegExp, line: RegExp, advice: string])[] = [
  [/'@'/, /@/, 'Decorators are not supported: call the function that the decorator is.'],
  [/^Unexpected token/, /\baccessor\s/, 'Accessor fields are not supported: write a getter and a setter.'],
  [/^Unexpected token/, /\busing\s/, 'A using declaration is not supported: release it in a finally block.'],
  [/./, /[(=>]\s*<[\w.]*[^<>]*\/?>|return\s*<[\w.]*[^<>]*\/?>/, 'JSX is not supported: return data, or a string.'],
]
/** What modules that programs import are called here. */
const MODULES: readonly (readonly [names: RegExp, advice: string])[] = [
  [
    /["'](?:node:)?crypto["']/,
    'Leave the import out: crypto.createHash, crypto.subtle.digest and crypto.randomUUID are there.',
  ],
  [/["'](?:node:)?buffer["']/, 'Leave the import out: Buffer is there.'],
  [/["'](?:node:)?url["']/, 'Leave the import out: URL and URLSearchParams are there.'],
  [
    /["'](?:node:)?timers(?:\/promises)?["']/,
    'Leave the import out, and wait with: await new Promise((resolve) => setTimeout(resolve, 1000))',
  ],
  [
    /["'](?:node:)?(?:fs|fs\/promises|path|os|http|https|child_process)["']/,
    'There are no files, processes or network: call a tool instead.',
  ],
  [/["'](?:zod|ajv|yup)["']/, 'Check values by hand: there are no libraries.'],
]

function adviceOnSyntax(message: string, line: string): string | undefined {
  if (message.startsWith('import is not')) return MODULES.find(([names]) => names.test(line))?.[1]
  return SYNTAX.find(([wording, text]) => wording.test(message) && text.test(line))?.[2]
}

const NO_NETWORK = 'There is no network: call a tool instead.'
const NO_MODULES = 'There are no modules: use what JavaScript has built in, or call a tool.'
const NO_BROWSER = 'There is no page and no browser.'
const NO_THREADS = 'Memory and threads are not shared with a program.'

/** What models reach for out of habit. */
const HABITS: readonly (readonly [names: string, advice: string])[] = [
  ['fetch XMLHttpRequest WebSocket EventSource Request Response Headers FormData axios got http https net', NO_NETWORK],
  ['require module exports fs path os util events child_process _ lodash moment dayjs z', NO_MODULES],
  ['window document navigator location localStorage sessionStorage indexedDB alert FileReader', NO_BROWSER],
  ['Worker SharedArrayBuffer Atomics WebAssembly MessageChannel WeakRef FinalizationRegistry', NO_THREADS],
  ['Deno Bun', 'It is neither Deno nor Bun: there are no files, no network and no environment.'],
  ['Temporal', 'Use Date and Intl.'],
  ['React JSX h', 'A program returns data, not markup.'],
]
const ADVICE = new Map(HABITS.flatMap(([names, advice]) => names.split(' ').map((name) => [name, advice] as const)))

/** What else a program may have meant. */
const GLOBALS =
  `Array BigInt Boolean Date Error Intl JSON Map Math Number Object Promise RegExp Set String URL URLSearchParams
  clearTimeout console crypto parseFloat parseInt process setTimeout structuredClone`.split(/\s+/)

function adviceOnName(name: string, { namespaces, findDirect }: Catalog): string | undefined {
  const callable = namespaces.map(({ identifier }) => identifier)
  const known =
    callable.length === 0 ? 'No tools were given to this program.' : `Tools are called as ${listOf(namespaces)}.`
  if (name.length > MAX_NAME) return known
  const direct = findDirect(name)
  if (direct !== undefined) return `No program can call ${direct}: call it by itself, as a tool.`
  const habit = ADVICE.get(name)
  if (habit !== undefined) return `${habit} ${known}`
  const meant = meantTool(name, namespaces) ?? nearest(name, [...callable, ...GLOBALS])
  return meant === undefined ? known : `Did you mean ${meant}? ${known}`
}

/** A tool by its own name, by that of another framework such as `external_get`, or with its namespace in front. */
function meantTool(name: string, namespaces: Catalog['namespaces']): string | undefined {
  const bare = name.replace(/^(?:external|mcp|tool|tools|functions)_+/, '')
  const paths = namespaces.flatMap(({ identifier, tools }) =>
    tools.map((tool) => ({
      path: tool.path,
      names: [tool.identifier, tool.tool.name, `${identifier}_${tool.identifier}`],
    })),
  )
  const exact = paths.find(({ names }) => names.includes(name) || names.includes(bare))
  if (exact !== undefined) return exact.path
  const similar = nearest(
    bare,
    paths.map(({ path }) => path.slice(path.indexOf('.') + 1)),
  )
  return paths.find(({ path }) => path.slice(path.indexOf('.') + 1) === similar)?.path
}

/** An example of each of the first namespaces. */
function listOf(namespaces: Catalog['namespaces']): string {
  const shown = namespaces.slice(0, MAX_NAMED).map(({ identifier, tools }) => tools[0]?.path ?? identifier)
  const more = namespaces.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and in ${more} other namespaces` : ''}`
}
