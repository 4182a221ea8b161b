import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { codemode } from '@glovebox/anthropic'
import { announce } from './announce.ts'
import { findModel } from './model.ts'
import { item, priceOf, QUESTION, SYSTEM, stockOf } from './shop.ts'

export async function run(): Promise<string> {
  await using model = await findModel('anthropic')
  const { system, tools } = codemode({
    system: SYSTEM,
    tools: [
      betaZodTool({
        name: 'price',
        description: 'The price of a piece.',
        inputSchema: item,
        run: async (input) => JSON.stringify(await priceOf(input)),
      }),
      betaZodTool({
        name: 'stock',
        description: 'How many pieces there are.',
        inputSchema: item,
        run: async (input) => JSON.stringify(await stockOf(input)),
      }),
    ],
    telemetry: announce,
  })
  const client = new Anthropic({ apiKey: model.apiKey, baseURL: model.baseURL })
  const { content } = await client.beta.messages.toolRunner({
    model: model.name,
    max_tokens: 2_000,
    system,
    tools,
    messages: [{ role: 'user', content: QUESTION }],
  })
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}
