/** Seeds mistakes of eight kinds into programs over the tools of ten real servers, and checks programs without mistakes. */
import { type CodeMode, createCodeMode } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { typecheck } from '@glovebox/typecheck'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { falseAlarms } from './support/model-programs.ts'
import { MISTAKES, pathsOf, realServers, SeededPrograms } from './support/seeded-programs.ts'

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
    programs = new SeededPrograms(seed, pathsOf(codeMode))
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

/** Programs of the corpus whose findings are right, although they end without an error. */
const MISTAKEN = new Set(['tools-forgot-await'])

it('raises no alarm about programs as models write them, unless they fail', async () => {
  await using checker = typecheck({ timeoutMs: 30_000 })
  const { alarms } = await falseAlarms(sandbox, checker)
  expect(new Set(alarms)).toEqual(MISTAKEN)
})
