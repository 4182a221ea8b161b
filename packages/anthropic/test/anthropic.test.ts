import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { describeWrapper, type Question, type ToolSpec } from '@glovebox/testing/describe-wrapper'
import { serveModel } from '@glovebox/testing/scripted-model'
import { codemode } from '../src/index.ts'

/** Creates a tool. The SDK has no approvals: a tool asks in `run`, and throws if the call is refused. */
const toolOf = ({ name, description, schema, needsApproval, execute }: ToolSpec, { approve }: Question) =>
  betaZodTool({
    name,
    description,
    inputSchema: schema,
    run: async (input, context) => {
      if (needsApproval === true && !approve(name, input)) throw new Error('The user refused')
      return JSON.stringify(await execute(input, context?.signal ?? undefined))
    },
  })

describeWrapper({
  name: '@anthropic-ai/sdk',
  hasApprovals: false,
  ask: async (question) => {
    await using server = await serveModel(question.model)
    const client = new Anthropic({ apiKey: 'none', baseURL: server.url, maxRetries: 0 })
    const { system, tools } = codemode({
      system: 'You sell tea.',
      tools: question.tools.map((spec) => toolOf(spec, question)),
      direct: question.tools.filter(({ needsApproval }) => needsApproval).map(({ name }) => name),
    })
    const message = await client.beta.messages.toolRunner(
      { model: 'scripted', max_tokens: 1000, system, tools, messages: [{ role: 'user', content: 'Continue' }] },
      { signal: question.signal },
    )
    return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
  },
})
