import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createCodeMode, memoryShapes, type Sandbox, type TypeChecker } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { typecheck } from '@glovebox/typecheck'
import { expect, it } from 'vitest'
import { type DiagnosticExample, diagnosticExamples, diagnosticTools } from './support/diagnostic-examples.ts'

const PAGE = new URL('../docs/reference/diagnostics.md', import.meta.url)
/** `pnpm diagnostics` sets this variable to write the page that this test checks. */
const isWriting = process.env.WRITE_DIAGNOSTICS === '1'

const INTRODUCTION = `# Diagnostics

What a model reads when the [type check](../guides/type-check.md) finds a mistake. A test runs each program here and compares the output.

A program with mistakes is not run, and no tool is called. The error has the code \`CODE_TYPE\`, at most ten mistakes in the order of the program, each
with its place, the declarations that the program should have met, and what to do next. \`getUser\` declares no output; an earlier program has called it, and
the code mode [learns](../guides/learnt-outputs.md).
`

async function describe(
  sandbox: Sandbox,
  typeChecker: TypeChecker,
  { title, program, check = 'error' }: DiagnosticExample,
): Promise<string> {
  await using codeMode = await createCodeMode({
    sandbox,
    tools: diagnosticTools,
    typeChecker,
    check,
    learn: memoryShapes(),
  })
  await codeMode.execute('await tools.getUser()')
  const output = await codeMode.tool.execute({ code: program })
  const texts = Object.entries(output).map(
    ([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return `## ${title}\n\n\`\`\`js\n${program}\n\`\`\`\n\n\`\`\`text\n${texts.join('\n\n')}\n\`\`\`\n`
}

it('the page on diagnostics shows what a model reads for each kind of mistake', async () => {
  await using sandbox = quickjs()
  await using typeChecker = typecheck()
  const sections: string[] = []
  for (const example of diagnosticExamples) {
    const section = await describe(sandbox, typeChecker, example)
    expect(section).toMatch(/CODE_TYPE|warning: Line \d/)
    sections.push(section)
  }
  const page = `${INTRODUCTION}\n${sections.join('\n')}`
  if (isWriting) writeFileSync(PAGE, page)
  expect(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '').toBe(page)
}, 120_000)
