import { describe, expect, it } from 'vitest'
import { createCatalog } from '../src/catalog/catalog.ts'
import type { ExecutionError } from '../src/contract/errors.ts'
import type { ToolCallRecord } from '../src/execution/events.ts'
import { explain } from '../src/execution/explain.ts'

const catalog = createCatalog({ get_user: () => 1, list_users: () => [] }, ['send-mail'])
const usage = { wallTimeMs: 1, toolCalls: 0 }
const call = (outcome: ToolCallRecord['outcome'], tool = 'tools.get_user'): ToolCallRecord => ({
  id: 1,
  tool,
  startedMs: 0,
  durationMs: 1,
  outcome,
})

function explained(
  code: string,
  error: Partial<ExecutionError>,
  calls: readonly ToolCallRecord[] = [],
): ExecutionError {
  const given = { code: 'CODE_THREW', name: 'TypeError', message: 'x', ...error } as ExecutionError
  const result = explain({ status: 'failed', ok: false, error: given, logs: [], calls, usage }, code, catalog)
  if (result.ok) throw new Error('it failed')
  return result.error
}

const undefinedName = (name: string) =>
  explained(name, { name: 'ReferenceError', message: `${name} is not defined` }).hint

describe('an error', () => {
  it('shows the lines around its position', () => {
    expect(explained('const a = 1\nnull.b\nreturn a', { line: 2, column: 6 }).frame).toBe(
      '  1 | const a = 1\n> 2 | null.b\n    |      ^\n  3 | return a',
    )
  })

  it.each([
    ['get_user', /Did you mean tools\.getUser\?/],
    ['external_list_users', /Did you mean tools\.listUsers\?/],
    ['tools_get_user', /Did you mean tools\.getUser\?/],
    ['getUsr', /Did you mean tools\.getUser\?/],
    ['tool', /Did you mean tools\? Tools are called as tools\.getUser\./],
    ['consol', /Did you mean console\?/],
    ['codemode', /^Tools are called as tools\.getUser\.$/],
    ['fetch', /There is no network: call a tool/],
    ['require', /There are no modules/],
    ['sendMail', /Programs cannot call send-mail: call it directly/],
    ['x'.repeat(5_000), /^Tools are called as/],
  ])('for the undefined name %s lists available names', (name, hint) => {
    expect(undefinedName(name)).toMatch(hint)
  })

  it('suggests a missing await when a call is pending or a promise was used as a value', () => {
    const error = { message: "Cannot read properties of undefined (reading 'map')" }
    expect(explained('c.items.map(f)', error, [call('cancelled')]).hint).toBe('Is an await missing?')
    expect(explained('c.items.map(f)', error, [call('returned')]).hint).toBeUndefined()
    expect(explained('c = tools.getUser()\nc.items', error, [call('returned')]).hint).toBe('Is an await missing?')
    expect(explained('c = await tools.getUser()\nc.items', error, [call('returned')]).hint).toBeUndefined()
  })

  it('reports that a variable hides a namespace', () => {
    const error = { name: 'ReferenceError', message: "Cannot access 'tools' before initialization" }
    expect(explained('const tools = await tools.get_user()', error).hint).toMatch(/hides the namespace tools/)
  })

  it('explains that the clock does not advance when a loop waits for it', () => {
    const error = { code: 'LIMIT_CPU', name: 'Error' } as const
    expect(explained('while (Date.now() < end) {}', error).hint).toMatch(/clock does not advance/)
    expect(explained('while (true) {}', error).hint).toBeUndefined()
  })

  it.each([
    ["'x' is not defined", 'x is not defined'],
    ['tools is not initialized', "Cannot access 'tools' before initialization"],
    ["cannot read property 'a' of null", "Cannot read properties of null (reading 'a')"],
    ["cannot set property 'a' of undefined", "Cannot set properties of undefined (setting 'a')"],
    ["'x' is read-only", 'Assignment to constant variable.'],
    ['something else', 'something else'],
  ])('has the same message on all engines: %s', (message, wanted) => {
    expect(explained('', { message }).message).toBe(wanted)
  })

  it('names the expression that is not a function', () => {
    expect(explained('return a.b?.c(1)', { message: 'not a function', line: 1, column: 14 }).message).toBe(
      'a.b?.c is not a function',
    )
  })

  it.each([
    ['@log class A {}', "Unexpected character '@'", /Decorators/],
    ['class A { accessor x = 1 }', 'Unexpected token', /getter and a setter/],
    ['{ using f = open() }', 'Unexpected token', /finally/],
    ['return <div>hi</div>', 'Unterminated regexp literal', /JSX/],
    ['import { createHash } from "node:crypto"', 'import is not available', /Remove the import: crypto\.createHash/],
    ['import { setTimeout } from "timers/promises"', 'import is not available', /await new Promise/],
    ['const a = (1 < b) > c', 'Unexpected token', undefined],
  ])('for a syntax error suggests what to write instead: %s', (code, message, hint) => {
    const error = explained(code, { code: 'CODE_SYNTAX', name: 'SyntaxError', message, line: 1, column: 1 })
    if (hint === undefined) expect(error.hint).toBeUndefined()
    else expect(error.hint).toMatch(hint)
  })

  it('is explained in less than quadratic time', () => {
    const code = `${'for while do '.repeat(100_000)}${'const '.repeat(100_000)}`
    const before = process.cpuUsage()
    explained(code, { code: 'LIMIT_CPU', name: 'Error' })
    explained(code, { message: 'not a function', line: 1, column: 1_000_000 })
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1_000).toBeLessThan(5_000)
  })
})

describe('a result', () => {
  const warnings = (code: string, calls: readonly ToolCallRecord[], value?: unknown) =>
    explain({ status: 'succeeded', ok: true, value, logs: [], calls, usage }, code, catalog).warnings

  it('warns of calls that were cancelled at the end of the program', () => {
    expect(warnings('return 1', [call('cancelled'), call('cancelled'), call('returned')])).toEqual([
      expect.stringMatching(/ended before 2 of its calls, .*: tools\.get_user\. Await every call\.$/),
    ])
  })

  it('warns of failed calls that the program ignores', () => {
    expect(warnings('ids.forEach(async (id) => { await tools.get_user({ id }) })\nreturn 1', [call('failed')])).toEqual(
      [expect.stringMatching(/1 of the program's calls failed.*tools\.get_user/)],
    )
    expect(warnings('try { await f() } catch {}\nreturn 1', [call('failed')])).toBeUndefined()
  })

  it('warns of a program that calls tools and returns nothing', () => {
    expect(warnings('if (a) { await tools.get_user() }', [call('returned')])).toEqual([
      'The program has no value. End it with return.',
    ])
    expect(warnings('return undefined', [call('returned')])).toBeUndefined()
  })
})
