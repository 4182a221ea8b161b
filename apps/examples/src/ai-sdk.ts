import { createOpenAI } from '@ai-sdk/openai'
import { codemode } from '@glovebox/ai-sdk'
import { isStepCount, streamText, tool } from 'ai'
import { announce } from './announce.ts'
import { findModel } from './model.ts'
import { item, priceOf, QUESTION, SYSTEM, stockOf } from './shop.ts'

export async function run(): Promise<string> {
  await using model = await findModel('openai')
  const { system, tools } = codemode({
    system: SYSTEM,
    tools: {
      price: tool({ description: 'The price of a piece.', inputSchema: item, execute: priceOf }),
      stock: tool({ description: 'How many pieces there are.', inputSchema: item, execute: stockOf }),
    },
    telemetry: announce,
  })
  const { text } = streamText({
    model: createOpenAI({ baseURL: model.baseURL, apiKey: model.apiKey }).chat(model.name),
    system,
    tools,
    prompt: QUESTION,
    stopWhen: isStepCount(5),
  })
  return await text
}
