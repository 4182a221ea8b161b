import type { Question, ToolSpec } from '@glovebox/testing/describe-wrapper'
import { type ModelMessage, stepCountIs, streamText, type Tool, type ToolSet, tool } from 'ai'
import { codemode } from '../src/index.ts'
import { scriptedLanguageModel, type Version } from './scripted-language-model.ts'

/** Creates a tool. AI SDK 5 has no approvals, so tools that need approval are client tools there. */
function toolOf({ description, schema, needsApproval = false, execute }: ToolSpec, version: Version): Tool {
  const described = { description, inputSchema: schema }
  if (version === 5 && needsApproval) return tool(described as never)
  return tool({ ...described, needsApproval, execute: (input, { abortSignal }) => execute(input, abortSignal) })
}

/** Holds a conversation with the imported version of the AI SDK until no tool call needs an answer. */
export async function converse(
  version: Version,
  { model, tools: specs, signal, approve, runs }: Question,
): Promise<string> {
  const given: ToolSet = Object.fromEntries(specs.map((spec) => [spec.name, toolOf(spec, version)]))
  const { system, tools } = codemode({ system: 'You sell tea.', tools: given, ...(runs && { runs }) })
  const messages: ModelMessage[] = [{ role: 'user', content: 'Continue' }]
  for (;;) {
    const result = streamText({
      model: scriptedLanguageModel(version, model),
      system,
      tools,
      messages,
      stopWhen: stepCountIs(8),
      abortSignal: signal,
      onError: () => {},
    })
    const [text, content, { messages: answers }] = await Promise.all([result.text, result.content, result.response])
    messages.push(...answers)
    const open = await answerAll(content, specs, approve)
    if (open.length === 0) return text
    messages.push({ role: 'tool', content: open })
  }
}

type Content = Awaited<ReturnType<typeof streamText>['content']>
type Answer = (ModelMessage & { role: 'tool' })['content'][number]

/** Answers each approval request, and runs each client tool. */
async function answerAll(
  content: Content,
  specs: readonly ToolSpec[],
  approve: Question['approve'],
): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const part of content) {
    if (part.type === 'tool-approval-request') {
      const { approvalId, toolCall } = part
      const approved = approve(toolCall.toolName, toolCall.input)
      answers.push({ type: 'tool-approval-response', approvalId, approved })
    }
    const isOfClient = part.type === 'tool-call' && !content.some((other) => isAboutCall(other, part.toolCallId))
    if (!isOfClient) continue
    const { toolCallId, toolName, input } = part
    const spec = specs.find(({ name }) => name === toolName)
    const value = approve(toolName, input) ? await spec?.execute(input, undefined) : 'The user refused'
    answers.push({ type: 'tool-result', toolCallId, toolName, output: { type: 'text', value: String(value) } })
  }
  return answers
}

const isAboutCall = (part: Content[number], id: string): boolean =>
  (part.type === 'tool-approval-request' && part.toolCall.toolCallId === id) ||
  ((part.type === 'tool-result' || part.type === 'tool-error') && part.toolCallId === id)
