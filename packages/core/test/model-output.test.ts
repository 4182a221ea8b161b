import { describe, expect, it } from 'vitest'
import type { ToolCallRecord } from '../src/execution/events.ts'
import { toModelOutput } from '../src/model-output.ts'

const returned = (value: unknown) =>
  toModelOutput({ status: 'succeeded', ok: true, value, logs: [], calls: [], usage: { wallTimeMs: 1, toolCalls: 0 } })

describe('the output for the model', () => {
  it('is plain JSON, whatever the value', () => {
    const value = {
      map: new Map([['a', 1n]]),
      set: new Set([new Date(0)]),
      bytes: new Uint8Array(5),
      nothing: undefined,
      nan: Number.NaN,
      error: new TypeError('bad'),
      when: new Date(Number.NaN),
      pattern: /x/g,
    }
    const result = {
      map: [['a', '1']],
      set: ['1970-01-01T00:00:00.000Z'],
      bytes: '[5 bytes]',
      nothing: null,
      nan: 'NaN',
      error: 'TypeError: bad',
      when: 'Invalid Date',
      pattern: '/x/g',
    }
    expect(returned(value)).toEqual({ result })
    expect(JSON.parse(JSON.stringify(returned(value)))).toEqual({ result })
  })

  it('marks circular references', () => {
    const circular: unknown[] = [1]
    circular.push(circular, { again: circular })
    expect(returned(circular)).toEqual({ result: [1, '[circular]', { again: '[circular]' }] })
  })

  it('treats a boxed string as a string', () => {
    expect(returned(Object('x'.repeat(3)))).toEqual({ result: 'xxx' })
  })

  it('is bounded, however large, deep or shared the value', () => {
    let shared: unknown = 'leaf'
    for (let i = 0; i < 60; i++) shared = [shared, shared]
    for (const value of [
      shared,
      'x'.repeat(1e6),
      Array.from({ length: 1e5 }, () => 'text'),
      new Map([['k', shared]]),
    ]) {
      expect(JSON.stringify(returned(value)).length).toBeLessThan(110_000)
      expect(JSON.stringify(returned(value))).toContain('cut')
    }
  })

  it('states how much of a long text was cut', () => {
    const { result } = returned('x'.repeat(200_000)) as { result: string }
    expect(result.slice(49_990)).toBe(`${'x'.repeat(10)}\n[cut: 150000 more characters]`)
  })

  it('does not print a BigInt that is costly to print', () => {
    expect(returned(2n ** 1_000_000n)).toEqual({ result: '[a BigInt of 250001 hexadecimal digits]' })
  })

  it('includes the warnings of a result', () => {
    const result = {
      status: 'succeeded',
      ok: true,
      value: 'sent',
      logs: [],
      calls: [],
      usage: { wallTimeMs: 1, toolCalls: 3 },
    } as const
    expect(toModelOutput({ ...result, warnings: ['One.', 'Two.'] })).toEqual({ result: 'sent', warning: 'One. Two.' })
    expect(toModelOutput(result)).toEqual({ result: 'sent' })
  })

  it('names the tool that failed and includes the details of an error', () => {
    const error = {
      code: 'TOOL_FAILED',
      name: 'ToolError',
      message: 'no such row',
      tool: 'tools.save',
      hint: 'A hint.',
      frame: '> 1 | save()',
      stack: ['at save (program.js:1:1)', 'at save (program.js:1:1)', 'at program.js:2:1'].join('\n'),
    } as const
    expect(
      toModelOutput({
        status: 'failed',
        ok: false,
        error,
        logs: [],
        calls: [],
        usage: { wallTimeMs: 1, toolCalls: 1 },
      }),
    ).toEqual({
      error: [
        'TOOL_FAILED: ToolError: tools.save failed: no such row',
        'A hint.',
        '> 1 | save()',
        'at save (program.js:1:1)',
        'at program.js:2:1',
        '…',
      ].join('\n'),
    })
  })

  it('lists the completed calls of a failed program, calls with possible side effects first', () => {
    const call = (id: number, tool: string, more: object = {}) =>
      ({ id, tool, startedMs: 0, durationMs: 1, outcome: 'returned', ...more }) as const
    const failed = (calls: readonly ToolCallRecord[]) =>
      toModelOutput({
        status: 'failed',
        ok: false,
        error: { code: 'CODE_THREW', name: 'Error', message: 'x' },
        logs: [],
        calls,
        usage: { wallTimeMs: 1, toolCalls: calls.length },
      })
    expect(
      failed([
        call(1, 'crm.find', { readOnly: true }),
        call(2, 'mail.send'),
        call(3, 'mail.send'),
        call(4, 'mail.draft', { outcome: 'cancelled' }),
        call(5, 'crm.tag', { outcome: 'failed' }),
      ]),
    ).toEqual({
      error: 'CODE_THREW: Error: x',
      completed: 'These calls had completed: mail.send (2 times), crm.find. Continue from there; do not repeat them.',
    })
    expect(failed([call(1, 'a.b', { outcome: 'failed' })])).toEqual({ error: 'CODE_THREW: Error: x' })
    const many = Array.from({ length: 500 }, (_, id) => call(id, `a.tool${id}`))
    expect(failed(many)).toMatchObject({ completed: expect.stringMatching(/tool19 and 480 other tools\./) })
  })

  it('includes the position of a failure and the logs', () => {
    const output = toModelOutput({
      status: 'failed',
      ok: false,
      error: {
        code: 'CODE_THREW',
        name: 'TypeError',
        message: 'bad',
        stack: 'at f (program.js:3:5)',
        line: 3,
        column: 5,
      },
      logs: [
        { level: 'log', text: 'hello', timeMs: 1 },
        { level: 'warn', text: 'careful', timeMs: 2 },
      ],
      calls: [],
      usage: { wallTimeMs: 1, toolCalls: 0 },
    })
    expect(output).toEqual({
      error: 'CODE_THREW: TypeError: bad\nat f (program.js:3:5)',
      logs: 'hello\n[warn] careful',
    })
  })
})
