import { expect, it } from 'vitest'
import type { Tool } from '../src/catalog/tool.ts'
import { declarationsFromTools } from '../src/declarations/declarations.ts'
import { observe } from '../src/declarations/observe.ts'

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

it('an observer infers an output type that covers all observed results', async () => {
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

it('an observer describes missing and unsupported results as unknown', () => {
  const observer = observe()
  observer.record('typed', 'seen')
  expect(declare(observer.describe(tools(() => 1)))).toContain('Promise<unknown>')
  observer.record('list', { when: new Date(0), deep: JSON.parse('[[[[[[[[[[[[1]]]]]]]]]]]]') })
  expect(declare(observer.describe(tools(() => 1)))).toMatch(/when\?: unknown/)
})

it('an observer describes an object with many keys as a record', () => {
  const observer = observe()
  observer.record('list', Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, index])))
  expect(declare(observer.describe(tools(() => 1)))).toContain('Promise<Record<string, unknown>>')
})
