import { createCodeMode, defineTool } from '@glovebox/core'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import { announce } from './announce.ts'
import { findModel } from './model.ts'
import { item, priceOf, QUESTION, SYSTEM, stockOf } from './shop.ts'

interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content?: string | null
  tool_calls?: { id: string; function: { name: string; arguments: string } }[]
  tool_call_id?: string
}

/** Parses arguments. Invalid JSON yields an empty object, for which the tool returns an error to the model. */
function parse(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

export async function run(): Promise<string> {
  await using model = await findModel('openai')
  await using codeMode = await createCodeMode({
    sandbox: sharedQuickJS(),
    tools: {
      price: defineTool({ description: 'The price of a piece.', inputSchema: item, execute: priceOf }),
      stock: defineTool({ description: 'How many pieces there are.', inputSchema: item, execute: stockOf }),
    },
    telemetry: announce,
  })
  const { name, description, inputSchema, execute } = codeMode.tool
  const messages: Message[] = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: QUESTION },
  ]
  for (;;) {
    const response = await fetch(`${model.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${model.apiKey}` },
      body: JSON.stringify({
        model: model.name,
        messages,
        tools: [{ type: 'function', function: { name, description, parameters: inputSchema } }],
      }),
    })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    const { choices } = (await response.json()) as { choices: [{ message: Message }] }
    const [{ message }] = choices
    messages.push(message)
    if (!message.tool_calls?.length) return message.content ?? ''
    for (const { id, function: call } of message.tool_calls) {
      const output = await execute(parse(call.arguments))
      messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(output) })
    }
  }
}
