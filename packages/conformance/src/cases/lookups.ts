import assert from 'node:assert/strict'
import { createCodeMode, defineTool, toolProvider } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

const github = toolProvider({
  name: 'github',
  description: 'Issues of repositories.',
  tools: {
    list_issues: defineTool({
      description: 'Lists issues. Newest first.',
      inputSchema: {
        type: 'object',
        properties: { repo: { type: 'string' }, per_page: { type: 'integer', maximum: 50 } },
        required: ['repo'],
      },
      outputSchema: { type: 'object', properties: { issues: { type: 'array', items: { type: 'string' } } } },
      annotations: { readOnlyHint: true },
      execute: () => ({ issues: ['a'] }),
    }),
    delete_repo: defineTool({ annotations: { destructiveHint: true }, execute: () => null }),
  },
})
const mail = toolProvider({ name: 'mail', tools: { send: () => 'sent' } })

const LIST_ISSUES = {
  path: 'github.listIssues',
  namespace: 'github',
  name: 'list_issues',
  summary: 'Lists issues. Newest first.',
  signature: 'listIssues({ repo, per_page?≤50 }): { issues[] }',
  effects: 'read-only',
}

export const lookups: readonly ConformanceCase[] = [
  {
    id: 'lookups.search',
    protects: 'a program finds tools by words, and calls one that it found',
    run: async ({ run }) => {
      const code = `const found = await codemode.search({ query: 'show the issues of a repository', limit: 1 })
        const [{ path }] = found.items
        const [namespace, tool] = path.split('.')
        return [found.items, await globalThis[namespace][tool]({ repo: 'x' }), await codemode.search('knit a zebra')]`
      returned(await run(code, { tools: [github, mail] }), [
        [LIST_ISSUES],
        { issues: ['a'] },
        { items: [], total: 0, unmatched: ['knit', 'zebra'] },
      ])
    },
  },
  {
    id: 'lookups.describe',
    protects: 'a program reads the declarations of tools, and what is wrong with a path',
    run: async ({ run }) => {
      const code = `return await codemode.describe(['github.list_issues', 'github.deleteRepos'])`
      const result = await run(code, { tools: [github, mail] })
      assert.ok(result.ok, JSON.stringify(result))
      const text = result.value as string
      assert.match(text, /^\/\/ There is no tool github\.deleteRepos\. Did you mean github\.deleteRepo\?\n/)
      assert.match(text, /declare namespace github \{\n {2}\/\*\* Lists issues\. Newest first\. Read-only\. \*\/\n/)
      assert.match(text, /<= 50/)
    },
  },
  {
    id: 'lookups.list',
    protects: 'a program lists the tools of a namespace, page by page',
    run: async ({ run }) => {
      const code = `const all = await codemode.list()
        const { items, total } = await codemode.list({ namespace: 'github', limit: 1, offset: 1 })
        return [all.items.map(({ path }) => path), items, total]`
      const { signature: _, summary: __, ...found } = LIST_ISSUES
      returned(await run(code, { tools: [github, mail] }), [
        ['github.listIssues', 'github.deleteRepo', 'mail.send'],
        [{ ...found, path: 'github.deleteRepo', name: 'delete_repo', summary: '', effects: 'destructive' }],
        2,
      ])
    },
  },
  {
    id: 'lookups.invalid',
    protects: 'an invalid lookup fails with an error that the program can handle',
    run: async ({ run }) => {
      const calls = [
        'codemode.search({})',
        "codemode.search({ query: 'x', limit: 0 })",
        "codemode.search({ query: 'x', namespace: 'githb' })",
        "codemode.search({ query: 'x', count: 1 })",
        'codemode.describe(1)',
        "codemode.describe(Array.from({ length: 31 }, (_, i) => 'a.b' + i))",
        "codemode.list({ detail: 'all' })",
      ]
      const code = `return await Promise.all([${calls.join()}].map((call) => call.catch(({ code, message }) => [code, message])))`
      const result = await run(code, { tools: [github, mail] })
      assert.ok(result.ok, JSON.stringify(result))
      const errors = result.value as [string, string][]
      assert.deepEqual(
        errors.map(([each]) => each),
        calls.map(() => 'TOOL_INPUT_INVALID'),
      )
      assert.match(errors[2]?.[1] ?? '', /Did you mean github\?/)
      const unknown = await run('await codemode.listIssues()', { tools: [github, mail] })
      assert.match(failed(unknown, 'CODE_THREW').hint ?? '', /Did you mean github\.listIssues\?/)
    },
  },
  {
    id: 'lookups.limit',
    protects: 'lookups do not count as tool calls, and have a limit of their own',
    run: async ({ run }) => {
      const options = { tools: [github, mail], limits: { toolCalls: 1 } }
      returned(
        await run("for (let i = 0; i < 20; i++) await codemode.list('mail'); return await mail.send()", options),
        'sent',
      )
      failed(await run('await mail.send(); await mail.send()', options), 'LIMIT_TOOL_CALLS')
      failed(await run('for (;;) await codemode.list()', options), 'LIMIT_TOOL_CALLS')
    },
  },
  {
    id: 'lookups.host',
    protects: 'the host gets the same answers as a program',
    run: async ({ sandbox }) => {
      await using codeMode = await createCodeMode({ sandbox, tools: [github, mail] })
      const result = await codeMode.execute(
        "return [await codemode.search('issues'), await codemode.describe('mail.send'), await codemode.list('github')]",
      )
      returned(result, [await codeMode.search('issues'), codeMode.describe('mail.send'), codeMode.list('github')])
    },
  },
]
