import type { Catalog } from '../catalog/catalog.ts'
import type { ExecutionError } from '../contract/errors.ts'
import { codeFrame, type Position } from '../program/positions.ts'
import type { Rejection } from '../protocol/messages.ts'
import { nearest } from '../values/nearest.ts'
import type { ToolCallRecord } from './events.ts'
import type { Executed, ExecuteResult } from './result.ts'
import { returnedShapes } from './returned-shape.ts'
import type { RunLog } from './run-log.ts'

/**
 * Completes a result for the model: adds a code frame and a hint to an error, and warnings about tool calls that the
 * program did not await or check.
 *
 * @param log record of the run, whose outputs are described if the program misread them. Default: none
 */
export function explain(
  { remarks, ended, divergence, ...result }: Executed,
  code: string,
  catalog: Catalog,
  log?: RunLog,
): ExecuteResult {
  const warnings = warningsOf(result, remarks, code)
  const warned = warnings.length === 0 ? result : { ...result, warnings }
  return warned.ok ? warned : { ...warned, error: explainError(warned.error, code, catalog, result.calls, log) }
}

/** Returns warnings about likely mistakes of the program. */
function warningsOf({ calls, ...result }: ExecuteResult, remarks: Executed['remarks'], code: string): string[] {
  const warnings: string[] = []
  const open = toolsOf(calls, 'cancelled')
  if (open.count > 0 && (result.ok || !STOPPED.test(result.error.code)))
    warnings.push(
      `The program ended before ${open.count} of its calls, which may have had no effect: ${open.names}. Await every call.`,
    )
  if (!result.ok) return warnings
  const { omitted, unhandled } = remarks ?? {}
  if (omitted !== undefined) warnings.push(`Functions were left out of the value, such as ${omitted}. Return data.`)
  const failed = toolsOf(calls, 'failed')
  if (unhandled !== undefined)
    warnings.push(
      `Promises were rejected, and the program did not handle that: ${unhandled.map(textOf).join('; ')}. Await every call, and use a loop instead of forEach.`,
    )
  else if (failed.count > 0 && !HANDLES.test(code))
    warnings.push(
      `${failed.count} of the program's calls failed, and it did not handle that: ${failed.names}. Await every call, and use a loop instead of forEach.`,
    )
  if (result.value === undefined && calls.length > 0 && result.logs.length === 0 && !RETURNS.test(code))
    warnings.push('The program has no value. End it with return.')
  return warnings
}

function textOf({ name, message, tool }: Rejection): string {
  const text = wordMessageAlike(message)
  if (tool !== undefined) return `${name} of ${tool}: ${text}`
  return name === 'Thrown' ? text : `${name}: ${text}`
}

/** Matches programs that handle failures. */
const HANDLES = /\bcatch\b|\ballSettled\b|\bPromise\.any\b|\.then\(/
/** Matches the codes of programs that were stopped from outside. */
const STOPPED = /^(?:LIMIT|SANDBOX|PROGRAM)_/
const RETURNS = /\breturn\b/

function toolsOf(
  calls: readonly ToolCallRecord[],
  outcome: ToolCallRecord['outcome'],
): { count: number; names: string } {
  const tools = calls.filter((call) => call.outcome === outcome).map(({ tool }) => tool)
  return { count: tools.length, names: [...new Set(tools)].slice(0, MAX_NAMED).join(', ') }
}

/** Completes an error for the model: adds a code frame and a hint. */
export function explainError(
  given: ExecutionError,
  code: string,
  catalog: Catalog,
  calls: readonly ToolCallRecord[] = [],
  log?: RunLog,
): ExecutionError {
  const { line, column } = given
  const position = line === undefined || column === undefined ? undefined : { line, column }
  const error = { ...given, ...wordAlike(given, code, position) }
  const frame = position === undefined ? undefined : codeFrame(code, position)
  const hint = adviceOn(error, position, code, catalog, calls) ?? adviceOnShape(error, position, code, catalog, log)
  return { ...error, ...(frame !== undefined && { frame }), ...(hint !== undefined && { hint }) }
}

const lineOf = (code: string, { line }: Position): string => (code.split('\n')[line - 1] ?? '').slice(0, MAX_LINE)

/** Messages of QuickJS, with V8's message for the same error. */
const WORDINGS: readonly (readonly [quickjs: RegExp, v8: string])[] = [
  [/^'([\p{ID_Continue}$]+)' is not defined$/u, '$1 is not defined'],
  [/^([\p{ID_Continue}$]+) is not initialized$/u, "Cannot access '$1' before initialization"],
  [/^cannot read property '(.*)' of (undefined|null)$/s, "Cannot read properties of $2 (reading '$1')"],
  [/^cannot set property '(.*)' of (undefined|null)$/s, "Cannot set properties of $2 (setting '$1')"],
  [/^'([\p{ID_Continue}$]+)' is read-only$/u, 'Assignment to constant variable.'],
]

/** Replaces an engine's message with the wording that we use for all engines. */
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
  return { name, message: wordMessageAlike(message) }
}

function wordMessageAlike(message: string): string {
  const wording = WORDINGS.find(([pattern]) => pattern.test(message))
  return wording === undefined ? message : message.replace(wording[0], wording[1])
}

const UNDEFINED_NAME = /^([\p{ID_Start}$_][\p{ID_Continue}$]*) is not defined$/u
/** Matches the message of @glovebox/typecheck about such a name. */
const MISSING_NAME = /^There is no variable, global or tool `([\p{ID_Start}$_][\p{ID_Continue}$]*)`/u
/** Matches the errors that occur when a promise is used instead of its value. */
const MISUSED = /undefined|null|not a function|not iterable|not an object|is not a constructor/
/**
 * Matches loops on the clock. The look-ahead is bounded: an unbounded one takes quadratic time for hostile programs.
 */
const BUSY_WAIT = /\b(?:while|for|do)\b[^;{]{0,200}(?:Date\.now|performance\.now|new Date)/
/** Matches the message for the call of an unknown function of `codemode`. */
const NO_BUILTIN = /^codemode\.([\p{ID_Continue}$]{1,100}) is not a function$/u
const MAX_NAMED = 8
/** Maximum length of a line that is analysed, in UTF-16 code units. */
const MAX_LINE = 1_000
/** Maximum length of a name that is analysed. */
const MAX_NAME = 100

function adviceOn(
  { code: errorCode, name, message }: ExecutionError,
  position: Position | undefined,
  code: string,
  catalog: Catalog,
  calls: readonly ToolCallRecord[],
): string | undefined {
  if (errorCode === 'LIMIT_CPU' && BUSY_WAIT.test(code))
    return 'The clock does not advance while a program computes, so a loop on Date.now() never ends. Wait with: await new Promise((resolve) => setTimeout(resolve, 1000))'
  if (errorCode === 'CODE_TYPE') {
    const missing = MISSING_NAME.exec(message)?.[1]
    return missing === undefined ? undefined : adviceOnName(missing, catalog)
  }
  if (errorCode === 'CODE_SYNTAX') return adviceOnSyntax(message, position === undefined ? '' : lineOf(code, position))
  if (errorCode !== 'CODE_THREW') return undefined
  const hidden = hiddenNamespace(code, catalog)
  if (hidden !== undefined && (name === 'TypeError' || name === 'ReferenceError'))
    return `A variable of the program hides the namespace ${hidden}. Give the variable another name.`
  if (name === 'ReferenceError') {
    const undefinedName = UNDEFINED_NAME.exec(message)?.[1]
    return undefinedName === undefined ? undefined : adviceOnName(undefinedName, catalog)
  }
  const builtin = NO_BUILTIN.exec(message)?.[1]
  if (name === 'TypeError' && builtin !== undefined) {
    const meant = meantTool(builtin, catalog.namespaces)
    return `codemode has search, describe and list.${meant === undefined ? '' : ` Did you mean ${meant}?`}`
  }
  const isUnawaited = calls.some(({ outcome }) => outcome === 'cancelled') || keepsPromise(code, catalog)
  return name === 'TypeError' && isUnawaited && MISUSED.test(message) ? 'Is an await missing?' : undefined
}

/** Says what tools returned if a program failed because their results have another shape. */
function adviceOnShape(
  { code: errorCode, name, message }: ExecutionError,
  position: Position | undefined,
  code: string,
  catalog: Catalog,
  log: RunLog | undefined,
): string | undefined {
  if (
    log === undefined ||
    errorCode !== 'CODE_THREW' ||
    name !== 'TypeError' ||
    position === undefined ||
    !MISUSED.test(message)
  )
    return undefined
  return returnedShapes(lineOf(code, position), code, catalog, log)
}

/**
 * Returns whether a tool call is assigned without `await`. The call may or may not have ended when the program fails.
 */
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

/** Unsupported syntax, recognised by the parser's message and the line of the error. */
const SYNTAX: readonly (readonly [message: RegExp, line: RegExp, advice: string])[] = [
  [/'@'/, /@/, 'Decorators are not supported: call the decorator as a function.'],
  [/^Unexpected token/, /\baccessor\s/, 'Accessor fields are not supported: write a getter and a setter.'],
  [/^Unexpected token/, /\busing\s/, '`using` is not supported: release the resource in a finally block.'],
  [/./, /[(=>]\s*<[\w.]*[^<>]*\/?>|return\s*<[\w.]*[^<>]*\/?>/, 'JSX is not supported: return data, or a string.'],
]
/** Replacements for modules that programs import. */
const MODULES: readonly (readonly [names: RegExp, advice: string])[] = [
  [
    /["'](?:node:)?crypto["']/,
    'Remove the import: crypto.createHash, crypto.subtle.digest and crypto.randomUUID are global.',
  ],
  [/["'](?:node:)?buffer["']/, 'Remove the import: Buffer is global.'],
  [/["'](?:node:)?url["']/, 'Remove the import: URL and URLSearchParams are global.'],
  [
    /["'](?:node:)?timers(?:\/promises)?["']/,
    'Remove the import, and wait with: await new Promise((resolve) => setTimeout(resolve, 1000))',
  ],
  [
    /["'](?:node:)?(?:fs|fs\/promises|path|os|http|https|child_process)["']/,
    'There are no files, processes or network: call a tool instead.',
  ],
  [/["'](?:zod|ajv|yup)["']/, 'There are no libraries: check values with plain code.'],
]

function adviceOnSyntax(message: string, line: string): string | undefined {
  if (message.startsWith('import is not')) return MODULES.find(([names]) => names.test(line))?.[1]
  return SYNTAX.find(([wording, text]) => wording.test(message) && text.test(line))?.[2]
}

const NO_NETWORK = 'There is no network: call a tool instead.'
const NO_MODULES = 'There are no modules: use what JavaScript has built in, or call a tool.'
const NO_BROWSER = 'There is no browser.'
const NO_THREADS = 'Threads, shared memory and WebAssembly are not available.'

/** Names from other environments that models often use, with advice. */
const HABITS: readonly (readonly [names: string, advice: string])[] = [
  ['fetch XMLHttpRequest WebSocket EventSource Request Response Headers FormData axios got http https net', NO_NETWORK],
  ['require module exports fs path os util events child_process _ lodash moment dayjs z', NO_MODULES],
  ['window document navigator location localStorage sessionStorage indexedDB alert FileReader', NO_BROWSER],
  ['Worker SharedArrayBuffer Atomics WebAssembly MessageChannel WeakRef FinalizationRegistry', NO_THREADS],
  ['Deno Bun', 'This is neither Deno nor Bun: there are no files, no network and no environment.'],
  ['Temporal', 'Use Date and Intl.'],
  ['React JSX h', 'A program returns data, not markup.'],
]
const ADVICE = new Map(HABITS.flatMap(([names, advice]) => names.split(' ').map((name) => [name, advice] as const)))

/** Globals that are suggested for a misspelt name. */
const GLOBALS =
  `Array BigInt Boolean Date Error Intl JSON Map Math Number Object Promise RegExp Set String URL URLSearchParams
  clearTimeout console crypto parseFloat parseInt process setTimeout structuredClone`.split(/\s+/)

function adviceOnName(name: string, { namespaces, findDirect }: Catalog): string | undefined {
  const callable = namespaces.map(({ identifier }) => identifier)
  const known =
    callable.length === 0 ? 'No tools were given to this program.' : `Tools are called as ${listOf(namespaces)}.`
  if (name.length > MAX_NAME) return known
  const direct = findDirect(name)
  if (direct !== undefined) return `Programs cannot call ${direct}: call it directly, as a tool.`
  const habit = ADVICE.get(name)
  if (habit !== undefined) return `${habit} ${known}`
  const meant = meantTool(name, namespaces) ?? nearest(name, [...callable, ...GLOBALS])
  return meant === undefined ? known : `Did you mean ${meant}? ${known}`
}

/**
 * Finds a tool by its bare name, with its namespace as a prefix, or in another framework's notation (`external_get`).
 */
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

/** Returns one tool of each namespace, up to a limit. */
function listOf(namespaces: Catalog['namespaces']): string {
  const shown = namespaces.slice(0, MAX_NAMED).map(({ identifier, tools }) => tools[0]?.path ?? identifier)
  const more = namespaces.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and in ${more} other namespaces` : ''}`
}
