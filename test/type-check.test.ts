/** Seeds mistakes of eight kinds into programs over the tools of ten real servers, and checks programs without mistakes. */
import { readFileSync } from 'node:fs'
import { type CodeMode, createCodeMode } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { typecheck } from '@glovebox/typecheck'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshState, modelTools } from './support/model-tools.ts'
import { MISTAKES, realServers, SeededPrograms } from './support/seeded-programs.ts'

/** A part of the programs, chosen by a seed that is printed, unless `TYPE_CHECK_PROGRAMS` asks for more. */
const COUNT = Number(process.env.TYPE_CHECK_PROGRAMS ?? 160)
const seed = Number(process.env.TYPE_CHECK_SEED ?? Date.now() % 1_000_000)

const sandbox = quickjs()
afterAll(() => sandbox.close())

describe.each([7, 6] as const)('the type check of TypeScript %i', (typescript) => {
  const checker = typecheck({ typescript, timeoutMs: 30_000 })
  let codeMode: CodeMode
  let programs: SeededPrograms
  let calls = 0
  beforeAll(async () => {
    const tools = realServers(() => calls++)
    codeMode = await createCodeMode({ sandbox, tools, typeChecker: checker })
    const paths = new Map<string, string>()
    for (let total = 1, offset = 0; offset < total; ) {
      const page = codeMode.list({ limit: 200, offset })
      for (const { namespace, name, path } of page.items) paths.set(`${namespace}/${name}`, path)
      offset += page.items.length
      total = page.total
    }
    programs = new SeededPrograms(seed, paths)
    console.log(`Seed of the programs: ${seed}`)
  })
  afterAll(async () => {
    await codeMode.close()
    await checker.close()
  })

  it.each(MISTAKES)('finds the mistake "%s" before any call', async (kind) => {
    for (let index = 0; index < COUNT / 20; index++) {
      const { code } = programs.wrong(kind)
      calls = 0
      const result = await codeMode.execute(code)
      expect(result.ok ? code : result.error.code, code).toBe('CODE_TYPE')
      expect(calls).toBe(0)
    }
  })

  it('raises no alarm about programs without mistakes', async () => {
    for (let index = 0; index < COUNT; index++) {
      const code = programs.right()
      const result = await codeMode.execute(code)
      expect(result.ok ? undefined : result.error, code).not.toMatchObject({ code: 'CODE_TYPE' })
    }
  })
})

interface ModelProgram {
  readonly id: string
  readonly code: string
}

/** Programs of the corpus whose findings are right, although they end without an error. */
const MISTAKEN = new Set(['tools-forgot-await'])

it('raises no alarm about programs as models write them, unless they fail', async () => {
  const all = JSON.parse(readFileSync(new URL('./data/model-programs.json', import.meta.url), 'utf8')) as ModelProgram[]
  await using checker = typecheck({ timeoutMs: 30_000 })
  await using checked = await createCodeMode({ sandbox, tools: modelTools, typeChecker: checker })
  await using unchecked = await createCodeMode({ sandbox, tools: modelTools })
  const alarms: string[] = []
  for (const { id, code } of all) {
    freshState()
    const result = await checked.execute(code)
    if (result.ok || result.error.code !== 'CODE_TYPE') continue
    freshState()
    if ((await unchecked.execute(code)).ok) alarms.push(id)
  }
  expect(new Set(alarms)).toEqual(MISTAKEN)
})
