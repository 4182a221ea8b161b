import { describeWrapper, type Question, type ToolSpec } from '@glovebox/testing/describe-wrapper'
import { serveModel } from '@glovebox/testing/scripted-model'
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents'
import { codemode } from '../src/index.ts'

setTracingDisabled(true)

const toolOf = ({ name, description, schema, needsApproval = false, execute }: ToolSpec) =>
  tool({
    name,
    description,
    parameters: schema,
    needsApproval,
    // Pass errors of tools on to programs.
    errorFunction: null,
    execute: (input, _runContext, details) => execute(input, details?.signal),
  })

/** Runs the agent, and answers each interruption for approval. */
async function converse(agent: Agent, url: string, { signal, approve }: Question): Promise<string> {
  const modelProvider = new OpenAIProvider({ apiKey: 'none', baseURL: `${url}/v1`, useResponses: false })
  const runner = new Runner({ modelProvider, tracingDisabled: true })
  let result = await runner.run(agent, 'Continue', { signal })
  while (result.interruptions.length > 0) {
    for (const interruption of result.interruptions) {
      const { name, arguments: text } = interruption.rawItem as { name: string; arguments: string }
      if (approve(name, JSON.parse(text))) result.state.approve(interruption)
      else result.state.reject(interruption)
    }
    result = await runner.run(agent, result.state, { signal })
  }
  return String(result.finalOutput)
}

describeWrapper({
  name: '@openai/agents',
  ask: async (question) => {
    await using server = await serveModel(question.model)
    const { instructions, tools } = await codemode({
      instructions: 'You sell tea.',
      tools: question.tools.map(toolOf),
      ...(question.runs && { runs: question.runs }),
    })
    return await converse(new Agent({ name: 'seller', model: 'scripted', instructions, tools }), server.url, question)
  },
})
