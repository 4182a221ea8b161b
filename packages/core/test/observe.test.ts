import { expect, it } from 'vitest'
import type { Tool } from '../src/catalog/tool.ts'
import { declarationsFromTools } from '../src/schema/declarations.ts'
import { observe } from '../src/schema/observe.ts'

const outputs = [
  {
    items: [
      { id: 1, name: 'a' },
      { id: 2, name: null },
    ],
    next: 'x',
  },
  { items: [{ id: 3, name: 'c', tags: ['t'] }] },
]
const context = { signal: new AbortController().signal, callId: 1 }
const tools = (execute: Tool['execute']): Tool[] => [
  { name: 'list', execute },
  { name: 'typed', outputSchema: { type: 'string' }, execute: () => 5 },
]
const declare = (described: readonly Tool[]) => declarationsFromTools(described, { namespace: 'n' }).text

it('learns an output type from the results that pass, wider than any of them', async () => {
  const observer = observe()
  const left = [...outputs]
  const [list, typed] = observer.watch(tools(() => left.shift()))
  expect(await list?.execute({}, context)).toBe(outputs[0])
  expect(declare(observer.describe(tools(() => 1)))).toContain(
    'Promise<{ items?: { id: number; name: string | null }[]; next?: string }>',
  )
  await list?.execute({}, context)
  await typed?.execute({}, context)
  const text = declare(observer.describe(tools(() => 1)))
  expect(text).toContain('/** @returns observed in 2 results, not declared */')
  expect(text).toContain('items: { id: number; name: string | null; tags?: string[] }[]')
  expect(text).toContain('next?: string')
  expect(text).toContain('Promise<string>')
})

it('leaves a tool without a result unknown, and a result that no type describes', () => {
  const observer = observe()
  observer.record('typed', 'seen')
  expect(declare(observer.describe(tools(() => 1)))).toContain('Promise<unknown>')
  observer.record('list', { when: new Date(0), deep: JSON.parse('[[[[[[[[[[[[1]]]]]]]]]]]]') })
  expect(declare(observer.describe(tools(() => 1)))).toMatch(/when\?: unknown/)
})

it('takes an object of many names for a map', () => {
  const observer = observe()
  observer.record('list', Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, index])))
  expect(declare(observer.describe(tools(() => 1)))).toContain('Promise<Record<string, unknown>>')
})
