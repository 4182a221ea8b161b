import { codemode } from '@glovebox/mastra'
import { Agent } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import { announce } from './announce.ts'
import { findModel } from './model.ts'
import { item, priceOf, QUESTION, SYSTEM, stockOf } from './shop.ts'

export async function run(): Promise<string> {
  await using model = await findModel('openai')
  const { instructions, tools } = codemode({
    instructions: SYSTEM,
    tools: {
      price: createTool({ id: 'price', description: 'The price of a piece.', inputSchema: item, execute: priceOf }),
      stock: createTool({
        id: 'stock',
        description: 'How many pieces there are.',
        inputSchema: item,
        execute: stockOf,
      }),
    },
    telemetry: announce,
  })
  const agent = new Agent({
    id: 'assistant',
    name: 'Assistant',
    instructions,
    tools,
    model: { id: `openai/${model.name}`, url: model.baseURL, apiKey: model.apiKey },
  })
  const { text } = await agent.generate(QUESTION)
  return text
}
