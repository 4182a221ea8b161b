import { codemode } from '@glovebox/tanstack-ai'
import { chat, toolDefinition } from '@tanstack/ai'
import { createOpenaiChat } from '@tanstack/ai-openai'
import { announce } from './announce.ts'
import { findModel } from './model.ts'
import { item, priceOf, QUESTION, SYSTEM, stockOf } from './shop.ts'

export async function run(): Promise<string> {
  await using model = await findModel('openai')
  const { systemPrompts, tools } = codemode({
    systemPrompts: [SYSTEM],
    tools: [
      toolDefinition({ name: 'price', description: 'The price of a piece.', inputSchema: item }).server(priceOf),
      toolDefinition({ name: 'stock', description: 'How many pieces there are.', inputSchema: item }).server(stockOf),
    ],
    telemetry: announce,
  })
  return await chat({
    adapter: createOpenaiChat('gpt-5.2', model.apiKey, { baseURL: model.baseURL }),
    systemPrompts,
    tools,
    messages: [{ role: 'user', content: QUESTION }],
    stream: false,
  })
}
