/** Typical code of an AI SDK user, checked against the installed version. */
import { codemode, type ProgramRun } from '@glovebox/ai-sdk'
import { stepCountIs, streamText, type ToolSet, tool } from 'ai'
import { z } from 'zod'

const weather = tool({
  description: 'The weather in a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city: city.toUpperCase(), celsius: 21 }),
})
const { system, tools } = codemode({ system: 'You are a helpful assistant', tools: { weather } })
const text: string = system
const set: ToolSet = tools
// @ts-expect-error a context is not a list
codemode({ tools: { weather }, direct: { weather: true } })

export async function ask(): Promise<ProgramRun[]> {
  const result = streamText({ model: 'openai/x', system: text, tools, prompt: 'x', stopWhen: stepCountIs(5) })
  const runs: ProgramRun[] = []
  for await (const part of result.fullStream) {
    if (part.type === 'tool-result' && part.toolName === 'run_program') runs.push(part.output as ProgramRun)
  }
  return set.weather === undefined ? runs : []
}
