import { codemode } from '@glovebox/langchain'
import { ChatOpenAI } from '@langchain/openai'
import { createAgent, tool } from 'langchain'
import { announce } from './announce.ts'
import { findModel } from './model.ts'
import { item, priceOf, QUESTION, SYSTEM, stockOf } from './shop.ts'

export async function run(): Promise<string> {
  await using model = await findModel('openai')
  const { systemPrompt, tools } = codemode({
    systemPrompt: SYSTEM,
    tools: [
      tool(priceOf, { name: 'price', description: 'The price of a piece.', schema: item }),
      tool(stockOf, { name: 'stock', description: 'How many pieces there are.', schema: item }),
    ],
    telemetry: announce,
  })
  const agent = createAgent({
    model: new ChatOpenAI({ model: model.name, apiKey: model.apiKey, configuration: { baseURL: model.baseURL } }),
    tools,
    systemPrompt,
  })
  const { messages } = await agent.invoke({ messages: [{ role: 'user', content: QUESTION }] })
  return String(messages.at(-1)?.content)
}
