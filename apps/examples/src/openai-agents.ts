import { codemode } from '@glovebox/openai-agents'
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents'
import { announce } from './announce.ts'
import { findModel } from './model.ts'
import { item, priceOf, QUESTION, SYSTEM, stockOf } from './shop.ts'

// Tracing would send data to OpenAI.
setTracingDisabled(true)

export async function run(): Promise<string> {
  await using model = await findModel('openai')
  const { instructions, tools } = await codemode({
    instructions: SYSTEM,
    tools: [
      tool({ name: 'price', description: 'The price of a piece.', parameters: item, execute: priceOf }),
      tool({ name: 'stock', description: 'How many pieces there are.', parameters: item, execute: stockOf }),
    ],
    telemetry: announce,
  })
  const agent = new Agent({ name: 'Assistant', instructions, tools, model: model.name })
  const modelProvider = new OpenAIProvider({ baseURL: model.baseURL, apiKey: model.apiKey, useResponses: false })
  const { finalOutput } = await new Runner({ modelProvider }).run(agent, QUESTION)
  return String(finalOutput)
}
