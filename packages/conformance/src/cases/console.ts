import assert from 'node:assert/strict'
import type { ExecutionEvent } from '@glovebox/core'
import { returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

export const consoleCases: readonly ConformanceCase[] = [
  {
    id: 'console.levels',
    protects: 'messages of every console level arrive in order',
    run: async ({ run }) => {
      const { logs } = await run('for (const level of ["debug", "info", "log", "warn", "error"]) console[level](level)')
      assert.deepEqual(
        logs.map(({ level, text }) => [level, text]),
        ['debug', 'info', 'log', 'warn', 'error'].map((level) => [level, level]),
      )
    },
  },
  {
    id: 'console.values',
    protects: 'values are formatted as in Node, two levels deeper',
    run: async ({ run }) => {
      const { logs } = await run(`console.log('a', 1, -0, 2n, null, undefined, true)
        console.log({ a: [1, { b: { c: { d: 1 } } }], m: new Map([['k', new Set([1])]]) })
        console.log('%s is %d', 'x', 42, { y: 1 })
        console.log([new Error('boo')], new Date(0), /r/g, class A {}, function f() {})`)
      assert.deepEqual(
        logs.map(({ text }) => text),
        [
          'a 1 -0 2n null undefined true',
          "{\n  a: [\n    1,\n    { b: { c: { d: 1 } } }\n  ],\n  m: Map(1) { 'k' => Set(1) { 1 } }\n}",
          'x is 42 { y: 1 }',
          '[ [Error: boo] ] 1970-01-01T00:00:00.000Z /r/g [class A] [Function: f]',
        ],
      )
    },
  },
  {
    id: 'console.tools',
    protects: 'groups, tables, counters and assertions work as in Node',
    run: async ({ run }) => {
      const { logs } = await run(`console.group('g'); console.log('in'); console.groupEnd(); console.log('out')
        console.table([{ a: 1, b: 'x' }]); console.count(); console.count(); console.assert(1 > 2, 'no'); console.assert(true)`)
      assert.deepEqual(
        logs.map(({ text }) => text),
        [
          'g',
          '  in',
          'out',
          "┌─────────┬───┬─────┐\n│ (index) │ a │ b   │\n├─────────┼───┼─────┤\n│ 0       │ 1 │ 'x' │\n└─────────┴───┴─────┘",
          'default: 1',
          'default: 2',
          'Assertion failed: no',
        ],
      )
    },
  },
  {
    id: 'console.never-throws',
    protects: 'logging never throws, whatever the value',
    run: async ({ run }) => {
      const code = `const trap = new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 }, getPrototypeOf() { throw 3 } })
        console.log(trap); console.error({ get a() { throw 4 } }); console.log(Object.create(null)); return 'fine'`
      returned(await run(code), 'fine')
    },
  },
  {
    id: 'console.streamed',
    protects: 'events for logs and calls are emitted while the program runs, in order',
    run: async ({ run }) => {
      const events: ExecutionEvent[] = []
      await run('console.log("before"); await tools.step(); console.log("after")', {
        tools: { step: () => 1 },
        onEvent: (event) => events.push(event),
      })
      assert.deepEqual(
        events.map((event) => (event.type === 'log' ? event.text : event.type)),
        ['before', 'tool-call-start', 'tool-call-end', 'after'],
      )
    },
  },
  {
    id: 'console.capped',
    protects: 'a flood of logs is truncated at the limit with a notice, and the program continues',
    run: async ({ run }) => {
      const result = await run('for (let i = 0; i < 300_000; i++) console.log("line " + i); return "done"', {
        limits: { logBytes: 10_000 },
      })
      returned(result, 'done')
      const bytes = result.logs.reduce((sum, { text }) => sum + text.length, 0)
      assert.ok(bytes <= 10_200, `${bytes} bytes`)
      assert.match(result.logs.at(-1)?.text ?? '', /limit of 10000 bytes/)
    },
  },
]
