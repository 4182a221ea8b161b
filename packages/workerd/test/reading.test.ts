import { type StartedWorker, startWorker } from '@glovebox/testing/start-worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { read } from './workers/reader.ts'

const TEXTS = [
  'return 1',
  'const n: number = 1; return n',
  'interface User { name: string }\nconst u: User = { name: "x" }\nreturn u.name',
  'enum Color { Red, Green }\nreturn Color.Green',
  'namespace A { export const b = 1 }\nreturn A.b',
  'const f = async <T,>(value: T): Promise<T> => value\nreturn await f<string>("x")',
  'export default async function main() { return 1 }',
  '```ts\nconst x: string[] = []\nreturn x\n```',
  'const x = <any>window',
  'return await (tools as any).echo({ a: 1 } satisfies object)',
  'class A { constructor(private readonly x: number) {} }\nreturn new A(1)',
  'let x: = 1',
  'const a = {',
  'const s: string = `${1',
  'import x from "y"',
  'abstract class B { abstract m(): void }\nreturn typeof B',
  'declare const z: number\nreturn 1',
  'type T = { [K in keyof any]?: string }\nreturn ({} as T)',
]

describe('a program that is read in a Worker', () => {
  let worker: StartedWorker
  beforeAll(async () => {
    worker = await startWorker(new URL('./workers/reader.ts', import.meta.url))
  })
  afterAll(() => worker?.stop())

  it('equals the program that is read on Node, including syntax errors and their positions', async () => {
    const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(TEXTS) })
    const here = await Promise.all(TEXTS.map(read))
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(here)))
    expect(here.filter((reading) => 'program' in reading).length).toBeGreaterThan(10)
  })
})
