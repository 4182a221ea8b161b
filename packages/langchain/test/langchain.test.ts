import { describeWrapper, type ToolSpec } from '@glovebox/testing/describe-wrapper'
import { serveModel } from '@glovebox/testing/scripted-model'
import { tool } from '@langchain/core/tools'
import { Command, MemorySaver } from '@langchain/langgraph'
import { ChatOpenAI } from '@langchain/openai'
import { createAgent, type HITLRequest, humanInTheLoopMiddleware } from 'langchain'
import { codemode } from '../src/index.ts'

const toolOf = ({ name, description, schema, execute }: ToolSpec) =>
  tool((input: unknown, config: { signal?: AbortSignal }) => execute(input, config.signal), {
    name,
    description,
    schema,
  })

describeWrapper({
  name: 'langchain',
  ask: async ({ model, tools: specs, signal, approve, runs }) => {
    await using server = await serveModel(model)
    const interruptOn = Object.fromEntries(
      specs.filter(({ needsApproval }) => needsApproval).map(({ name }) => [name, true]),
    )
    const { systemPrompt, tools } = codemode({
      systemPrompt: 'You sell tea.',
      tools: specs.map(toolOf),
      interruptOn,
      ...(runs && { runs }),
    })
    const agent = createAgent({
      model: new ChatOpenAI({
        model: 'scripted',
        apiKey: 'none',
        maxRetries: 0,
        configuration: { baseURL: `${server.url}/v1` },
      }),
      tools,
      systemPrompt,
      middleware: [humanInTheLoopMiddleware({ interruptOn })],
      checkpointer: new MemorySaver(),
    })
    const config = { configurable: { thread_id: '1' }, signal }
    let state = await agent.invoke({ messages: [{ role: 'user', content: 'Continue' }] }, config)
    for (;;) {
      const [interrupt] = state.__interrupt__ ?? []
      if (interrupt === undefined) return String(state.messages.at(-1)?.content)
      const { actionRequests } = interrupt.value as HITLRequest
      const decisions = actionRequests.map(({ name, args }) =>
        approve(name, args) ? { type: 'approve' } : { type: 'reject', message: 'The user refused' },
      )
      state = await agent.invoke(new Command({ resume: { decisions } }), config)
    }
  },
})
