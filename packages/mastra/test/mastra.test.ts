import { describeWrapper, type ToolSpec } from '@glovebox/testing/describe-wrapper'
import { serveModel } from '@glovebox/testing/scripted-model'
import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import { InMemoryStore } from '@mastra/core/storage'
import { createTool } from '@mastra/core/tools'
import { codemode } from '../src/index.ts'

const toolOf = ({ name, description, schema, needsApproval = false, execute }: ToolSpec) =>
  createTool({
    id: name,
    description,
    inputSchema: schema,
    requireApproval: needsApproval,
    execute: async (input, context) => execute(input, context?.abortSignal),
  })

describeWrapper({
  name: '@mastra/core',
  ask: async ({ model, tools: specs, signal, approve, runs }) => {
    await using server = await serveModel(model)
    const { instructions, tools } = codemode({
      instructions: 'You sell tea.',
      tools: Object.fromEntries(specs.map((spec) => [spec.name, toolOf(spec)])),
      ...(runs && { runs }),
    })
    const agent = new Agent({
      id: 'seller',
      name: 'seller',
      instructions,
      tools,
      model: { id: 'openai/scripted', url: `${server.url}/v1`, apiKey: 'none' },
    })
    // Pending approvals need storage.
    const mastra = new Mastra({ agents: { seller: agent }, storage: new InMemoryStore(), logger: false })
    const seller = mastra.getAgent('seller')
    let output = await seller.generate('Continue', { abortSignal: signal, maxSteps: 8 })
    while (output.finishReason === 'suspended') {
      const { toolName, toolCallId, args } = output.suspendPayload
      const decision = { runId: output.runId as string, toolCallId }
      output = approve(toolName, args)
        ? await seller.approveToolCallGenerate(decision)
        : await seller.declineToolCallGenerate(decision)
    }
    return output.text
  },
})
