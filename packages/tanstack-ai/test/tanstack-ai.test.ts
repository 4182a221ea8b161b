import { chat, toolDefinition } from '@tanstack/ai'
import { ChatClient } from '@tanstack/ai-client'
import { createOpenaiChat } from '@tanstack/ai-openai'
import { expect, vi } from 'vitest'
import { describeWrapper, type ToolSpec } from '../../../test/support/describe-wrapper.ts'
import { serveModel } from '../../../test/support/scripted-model.ts'
import { codemode } from '../src/index.ts'

/** What the client knows of a tool, to ask for approval. */
const definitionOf = ({ name, description, schema, needsApproval = false }: ToolSpec) =>
  toolDefinition({ name, description, inputSchema: schema, needsApproval: needsApproval as true })

const toolOf = (spec: ToolSpec) =>
  definitionOf(spec).server((input, context) => spec.execute(input, context?.abortSignal))

/** Approvals are the client's: a conversation has both ends, without the network between them. */
describeWrapper({
  name: '@tanstack/ai',
  ask: async ({ model, tools: specs, signal, approve }) => {
    await using server = await serveModel(model)
    const adapter = createOpenaiChat('gpt-5.2', 'none', { baseURL: `${server.url}/v1`, maxRetries: 0 })
    const { systemPrompts, tools } = codemode({ systemPrompts: ['You sell tea.'], tools: specs.map(toolOf) })
    const client = new ChatClient({
      tools: specs.map(definitionOf),
      connection: {
        connect: (messages, _data, _signal, run) => {
          const abortController = new AbortController()
          signal.addEventListener('abort', () => abortController.abort(signal.reason))
          return chat({ adapter, systemPrompts, tools, messages, abortController, ...run } as never)
        },
      },
    })
    await client.sendMessage('Go on')
    for (const interrupt of client.getInterrupts()) {
      if (interrupt.kind !== 'tool-approval') continue
      interrupt.resolveInterrupt(approve(interrupt.toolName, interrupt.originalArgs))
      await vi.waitFor(() => expect(client.getInterrupts()).toEqual([]), 10_000)
      await vi.waitFor(() => expect(client.getIsLoading()).toBe(false), 10_000)
    }
    const { parts = [] } = client.getMessages().at(-1) ?? {}
    return parts.map((part) => (part.type === 'text' ? part.content : '')).join('')
  },
})
