import { readFileSync, writeFileSync } from 'node:fs'
import { createCodeMode, type Sandbox } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { expect, it } from 'vitest'
import { type ErrorExample, errorExamples, exampleTools } from './support/error-examples.ts'

const PAGE = new URL('../docs/reference/errors.md', import.meta.url)
/** `pnpm errors` sets this variable to write the page that this test checks. */
const isWriting = process.env.WRITE_ERRORS === '1'

const INTRODUCTION = 'Example program, and the output that the model receives:'

/** Returns the example of a code for the page. */
async function describe(sandbox: Sandbox, { program, limits = {} }: ErrorExample): Promise<string> {
  await using codeMode = await createCodeMode({ sandbox, tools: exampleTools, limits })
  const output = await codeMode.tool.execute({ code: program })
  const texts = Object.entries(output).map(([key, value]) => `${key}: ${value}`)
  return `${INTRODUCTION}\n\n\`\`\`js\n${program}\n\`\`\`\n\n\`\`\`text\n${texts.join('\n\n')}\n\`\`\`\n`
}

it('the page on errors shows the output that a model receives for each code', async () => {
  await using sandbox = quickjs()
  let page = readFileSync(PAGE, 'utf8')
  for (const [code, example] of Object.entries(errorExamples)) {
    const wanted = await describe(sandbox, example)
    expect(wanted).toContain(`error: ${code}: `)
    const [, before = '', section = '', after = ''] =
      new RegExp(`^(.*?\\n### ${code}\\n)(.*?)(\\n##.*|)$`, 's').exec(page) ?? []
    expect(before, `the page has a heading ${code}`).not.toBe('')
    const [words = ''] = section.split(INTRODUCTION)
    const written = `${words.trimEnd()}\n\n${wanted}`
    if (isWriting) page = `${before}${written}${after}`
    else expect(section.trim()).toBe(written.trim())
  }
  if (isWriting) writeFileSync(PAGE, page)
}, 120_000)
