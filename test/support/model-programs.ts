import { readFileSync } from 'node:fs'
import { createCodeMode, type Sandbox, type TypeChecker } from '@glovebox/core'
import { freshState, modelTools } from './model-tools.ts'

interface ModelProgram {
  readonly id: string
  readonly code: string
}

/** Returns the number of programs as models write them, and which of them fail only because they are checked. */
export async function falseAlarms(
  sandbox: Sandbox,
  typeChecker: TypeChecker,
): Promise<{ readonly count: number; readonly alarms: readonly string[] }> {
  const file = new URL('../data/model-programs.json', import.meta.url)
  const programs = JSON.parse(readFileSync(file, 'utf8')) as ModelProgram[]
  await using checked = await createCodeMode({ sandbox, tools: modelTools, typeChecker })
  await using unchecked = await createCodeMode({ sandbox, tools: modelTools })
  const alarms: string[] = []
  for (const { id, code } of programs) {
    freshState()
    const result = await checked.execute(code)
    if (result.ok || result.error.code !== 'CODE_TYPE') continue
    freshState()
    if ((await unchecked.execute(code)).ok) alarms.push(id)
  }
  return { count: programs.length, alarms }
}
