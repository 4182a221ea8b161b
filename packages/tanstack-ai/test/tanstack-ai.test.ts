import { describeWrapper, type ToolSpec } from '@glovebox/testing/describe-wrapper'
import { serveModel } from '@glovebox/testing/scripted-model'
import { chat, toolDefinition } from '@tanstack/ai'
import { ChatClient } from '@tanstack/ai-client'
import { createOpenaiChat } from '@tanstack/ai-openai'
import { expect, vi } from 'vitest'
import { codemode } from '../src/index.ts'

/** Returns the definition that the client needs to ask for approval. */
const definitionOf = ({ name, description, schema, needsApproval = false }: ToolSpec) =>
  toolDefinition({ name, description, inputSchema: schema, needsApproval: needsApproval as true })

const toolOf = (spec: ToolSpec) =>
  definitionOf(spec).server((input, context) => spec.execute(input, context?.abortSignal))

/** Connects a client directly to `chat`, because approvals happen in the client. */
describeWrapper({
  name: '@tanstack/ai',
  hasApprovals: false,
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
    await client.sendMessage('Continue')
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
