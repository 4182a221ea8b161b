import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { defineTool, ToolCallError, toolProvider } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

const schema = {
  type: 'object',
  properties: { n: { type: 'integer', minimum: 1 }, kind: { enum: ['a', 'b'] } },
  required: ['n'],
  additionalProperties: false,
} as const

export const calls: readonly ConformanceCase[] = [
  {
    id: 'calls.parallel',
    protects: 'calls that start together run concurrently',
    run: async ({ run }) => {
      let open = 0
      let most = 0
      const wait = async (input: { i: number }) => {
        most = Math.max(most, ++open)
        await delay(30)
        open--
        return input.i
      }
      returned(
        await run('return await Promise.all([0, 1, 2, 3, 4].map((i) => tools.wait({ i })))', { tools: { wait } }),
        [0, 1, 2, 3, 4],
      )
      assert.equal(most, 5)
    },
  },
  {
    id: 'calls.queue',
    protects: 'calls beyond the concurrency limit wait in a queue and are not rejected',
    run: async ({ run }) => {
      let open = 0
      let most = 0
      const wait = async () => {
        most = Math.max(most, ++open)
        await delay(5)
        open--
      }
      const result = await run('await Promise.all(Array.from({ length: 12 }, () => tools.wait())); return "done"', {
        tools: { wait },
        limits: { concurrentToolCalls: 3 },
      })
      returned(result, 'done')
      assert.equal(most, 3)
      assert.equal(result.usage.toolCalls, 12)
    },
  },
  {
    id: 'calls.order',
    protects: 'call records are numbered and listed in the order in which the program makes the calls',
    run: async ({ run }) => {
      const wait = async ({ ms }: { ms: number }) => delay(ms)
      const result = await run('await Promise.all([tools.wait({ ms: 20 }), tools.wait({ ms: 1 })])', {
        tools: { wait },
      })
      assert.deepEqual(
        result.calls.map(({ id, tool, outcome }) => [id, tool, outcome]),
        [
          [1, 'tools.wait', 'returned'],
          [2, 'tools.wait', 'returned'],
        ],
      )
    },
  },
  {
    id: 'calls.failure',
    protects: "a program can catch a tool's failure and sees its message, but no other data of the host",
    run: async ({ run }) => {
      const tools = {
        fail: () => {
          throw new Error('no such user')
        },
        deny: () => {
          throw new ToolCallError('TOOL_DENIED', 'ask first')
        },
        text: () => {
          throw 'plain text'
        },
        nothing: () => Promise.reject(null),
      }
      const result = await run(
        `const seen = []
        for (const name of ['fail', 'deny', 'text', 'nothing']) {
          try { await tools[name]() } catch (e) { seen.push([e.name, e.code, e.message, e.tool, e instanceof Error, String(e.stack).includes('file:')]) }
        }
        return seen`,
        { tools },
      )
      returned(result, [
        ['ToolError', 'TOOL_FAILED', 'no such user', 'tools.fail', true, false],
        ['ToolError', 'TOOL_DENIED', 'ask first', 'tools.deny', true, false],
        ['ToolError', 'TOOL_FAILED', 'plain text', 'tools.text', true, false],
        ['ToolError', 'TOOL_FAILED', 'tools.nothing failed', 'tools.nothing', true, false],
      ])
    },
  },
  {
    id: 'calls.failure-uncaught',
    protects: 'an uncaught tool failure keeps its code and points to the line of the call',
    run: async ({ run }) => {
      const fail = () => {
        throw new Error('broken')
      }
      const error = failed(await run('const a = 1\nawait tools.fail()', { tools: { fail } }), 'TOOL_FAILED')
      assert.deepEqual([error.name, error.message, error.line], ['ToolError', 'broken', 2])
    },
  },
  {
    id: 'calls.input-invalid',
    protects: 'an invalid input is rejected before the tool runs, with an error that names each problem',
    run: async ({ run }) => {
      let ran = false
      const pick = defineTool({ inputSchema: schema, execute: () => (ran = true) })
      const error = failed(
        await run('await tools.pick({ kind: "c", typo: 1 })', { tools: { pick } }),
        'TOOL_INPUT_INVALID',
      )
      assert.match(error.message, /n is missing/)
      assert.match(error.message, /kind: must be one of "a", "b"/)
      assert.match(error.message, /unknown typo/)
      assert.equal(ran, false)
    },
  },
  {
    id: 'calls.output-invalid',
    protects:
      'an output that violates its schema arrives with a warning for the host; one without an encoding is rejected',
    run: async ({ run }) => {
      const count = defineTool({ outputSchema: { type: 'integer' }, execute: () => 'many' as unknown as number })
      const result = await run('return await tools.count()', { tools: { count } })
      assert.ok(result.ok, JSON.stringify(result))
      assert.equal(result.value, 'many')
      assert.match(result.calls[0]?.warning ?? '', /must be integer/)
      const method = () => ({ save() {} })
      assert.match(
        failed(await run('await tools.method()', { tools: { method } }), 'TOOL_OUTPUT_INVALID').message,
        /\$\.save is the function save/,
      )
    },
  },
  {
    id: 'calls.not-found',
    protects: 'a tool that does not exist is absent, and the error for its call suggests the closest name',
    run: async ({ run }) => {
      const github = toolProvider({ name: 'github', tools: { create_issue: () => 1 } })
      assert.match(
        failed(await run('await github.createIsue({})', { tools: github }), 'TOOL_NOT_FOUND').message,
        /Did you mean github\.createIssue\?/,
      )
      const code = `const name = 'createIsue'
        return [typeof github.createIsue, name in github, 'createIssue' in github, Object.keys(github), await github.createIsue?.({})]`
      returned(await run(code, { tools: github }), ['undefined', false, true, ['createIssue'], undefined])
    },
  },
  {
    id: 'calls.mentioned-names',
    protects: 'a program can use every tool, however it refers to it',
    run: async ({ run }) => {
      const tools = toolProvider({ name: 'github', tools: { list_issues: () => 'issues', get_user: () => 'user' } })
      const programs = [
        'return await github.listIssues()',
        'return await github?.listIssues()',
        'return await github\n  .listIssues()',
        'return await github /* all */ .listIssues()',
        "return await github['listIssues']()",
        "return await github['list_issues']()",
        "const name = ['list', 'Issues'].join(''); return await github[name]()",
        'const { listIssues } = github; return await listIssues()',
        'const { listIssues: list } = { ...github }; return await list()',
        'const g = github; return await g.listIssues()',
        "return await globalThis['git' + 'hub'].listIssues()",
        "return await (this ?? globalThis)['git' + 'hub'].listIssues()",
        'return await global.github.listIssues()',
        'return await g\\u0069thub.listIssues()',
        'return await github.list\\u0049ssues()',
        "return await ['x'].reduce(() => github.listIssues(), 0)",
        'return await (({ listIssues }) => listIssues())(github)',
      ]
      for (const code of programs) returned(await run(code, { tools }), 'issues')
      returned(await run('return Object.keys(github)', { tools }), ['listIssues', 'getUser'])
    },
  },
  {
    id: 'calls.inherited-names',
    protects: 'names that every object inherits are not callable as tools',
    run: async ({ run }) => {
      for (const name of ['hasOwnProperty', 'toString', '__proto__', 'valueOf', 'isPrototypeOf']) {
        failed(await run(`await tools[${JSON.stringify(name)}]({})`, { tools: { echo: () => 1 } }), 'TOOL_NOT_FOUND')
      }
    },
  },
  {
    id: 'calls.original-name',
    protects: 'a tool can also be called by the original name from its server',
    run: async ({ run }) => {
      const files = toolProvider({ name: 'files', tools: { read_file: () => 'text' } })
      returned(
        await run('return [await files.readFile(), await files.read_file(), Object.keys(files)]', { tools: files }),
        ['text', 'text', ['readFile']],
      )
    },
  },
  {
    id: 'calls.collisions',
    protects: 'two tools never map to the same function',
    run: async ({ run }) => {
      const tools = { get_user: () => 1, getUser: () => 2, 'get-user': () => 3 }
      returned(
        await run('return await Promise.all([tools.getUser(), tools.getUser_2(), tools.getUser_3()])', { tools }),
        [2, 1, 3],
      )
    },
  },
  {
    id: 'calls.await-namespace',
    protects: 'awaiting a namespace by mistake does not hang',
    run: async ({ run }) =>
      returned(await run('const t = await tools; return typeof t.echo', { tools: { echo: () => 1 } }), 'function'),
  },
  {
    id: 'calls.read-only',
    protects: 'a call record states whether its tool is read-only',
    run: async ({ run }) => {
      const find = defineTool({ annotations: { readOnlyHint: true }, execute: () => 1 })
      const { calls } = await run('await tools.find(); await tools.send()', { tools: { find, send: () => 2 } })
      assert.deepEqual(
        calls.map(({ tool, readOnly }) => [tool, readOnly]),
        [
          ['tools.find', true],
          ['tools.send', undefined],
        ],
      )
    },
  },
  {
    id: 'calls.arguments',
    protects:
      'a second argument is rejected unless an array method passed it, and a missing argument becomes an empty object',
    run: async ({ run }) => {
      const tools = { echo: (input: unknown) => input }
      failed(await run('await tools.echo({}, {})', { tools }), 'TOOL_INPUT_INVALID')
      returned(await run('return [await tools.echo(), await tools.echo(undefined)]', { tools }), [{}, {}])
      returned(await run('return await Promise.all([{ a: 1 }].map(tools.echo))', { tools }), [{ a: 1 }])
      returned(await run('return await Promise.all(Array.from([{ a: 1 }], tools.echo))', { tools }), [{ a: 1 }])
    },
  },
  {
    id: 'calls.cancelled-at-end',
    protects: 'a call that is pending when the program ends is cancelled',
    run: async ({ run }) => {
      let reason: unknown
      const hang = (_: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            reason = signal.reason
          })
        })
      const result = await run('tools.hang(); await new Promise((r) => setTimeout(r, 20)); return "early"', {
        tools: { hang },
      })
      returned(result, 'early')
      assert.ok(reason instanceof Error)
      assert.deepEqual(
        result.calls.map(({ outcome }) => outcome),
        ['cancelled'],
      )
    },
  },
  {
    id: 'calls.signal-after-settling',
    protects: 'the signal of a tool that has settled does not abort when its program ends',
    run: async ({ run }) => {
      const signals: AbortSignal[] = []
      const get = (_: unknown, { signal }: { signal: AbortSignal }) => {
        signals.push(signal)
        return signals.length
      }
      returned(await run('return [await tools.get(), await tools.get()]', { tools: { get } }), [1, 2])
      await delay(20)
      assert.deepEqual(
        signals.map(({ aborted }) => aborted),
        [false, false],
      )
    },
  },
  {
    id: 'calls.not-begun-at-end',
    protects: 'a call that the program makes as it ends never starts',
    run: async ({ run }) => {
      let ran = false
      const act = () => {
        ran = true
      }
      const result = await run('tools.act(); return "early"', { tools: { act } })
      returned(result, 'early')
      await delay(20)
      assert.equal(ran, false)
      assert.deepEqual(
        result.calls.map(({ outcome }) => outcome),
        ['cancelled'],
      )
    },
  },
  {
    id: 'calls.hanging-tool',
    protects: 'a tool that never settles ends at the wall time limit, and its signal is aborted',
    run: async ({ run }) => {
      let state = 'not begun'
      const hang = (_: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise(() => {
          state = 'begun'
          signal.addEventListener('abort', () => {
            state = 'aborted'
          })
        })
      const error = failed(
        await run('await tools.hang()', { tools: { hang }, limits: { wallTimeMs: 300 } }),
        'LIMIT_WALL_TIME',
      )
      if (state !== 'not begun') assert.match(error.message, /: it waited for tools\.hang$/)
      // On a busy machine, the limit may expire before the tool starts.
      assert.notEqual(state, 'begun')
    },
  },
  {
    id: 'calls.quota',
    protects: 'a program that calls tools endlessly is stopped at the quota',
    run: async ({ run }) => {
      let made = 0
      const result = await run('for (;;) await tools.count()', {
        tools: { count: () => ++made },
        limits: { toolCalls: 20 },
      })
      failed(result, 'LIMIT_TOOL_CALLS')
      assert.equal(made, 20)
    },
  },
  {
    id: 'calls.message-size',
    protects: 'an input or output above the size limit fails only its own call',
    run: async ({ run }) => {
      const tools = { echo: (input: unknown) => input, big: () => 'x'.repeat(200_000) }
      const result = await run(
        `const codes = []
        try { await tools.echo("x".repeat(200_000)) } catch (e) { codes.push(e.code) }
        try { await tools.big() } catch (e) { codes.push(e.code) }
        return codes`,
        { tools, limits: { messageBytes: 100_000 } },
      )
      returned(result, ['LIMIT_MESSAGE_SIZE', 'LIMIT_MESSAGE_SIZE'])
    },
  },
  {
    id: 'calls.shared-bomb',
    protects: "an input with exponentially shared parts does not hang the host's validator",
    run: async ({ run }) => {
      const tree = defineTool({
        inputSchema: {
          $ref: '#/$defs/t',
          $defs: { t: { type: 'object', properties: { l: { $ref: '#/$defs/t' }, r: { $ref: '#/$defs/t' } } } },
        },
        execute: () => 1,
      })
      const code = 'let t = {}; for (let i = 0; i < 60; i++) t = { l: t, r: t }; await tools.tree(t)'
      failed(await run(code, { tools: { tree } }), 'TOOL_INPUT_INVALID')
      failed(await run('const t = {}; t.l = t; await tools.tree(t)', { tools: { tree } }), 'TOOL_INPUT_INVALID')
    },
  },
]
