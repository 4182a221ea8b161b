import { callOf, type ScriptedModel } from '@glovebox/testing/scripted-model'
import { convertArrayToReadableStream, MockLanguageModelV4 } from 'ai/test'
import { MockLanguageModelV2 } from 'ai-5/test'
import { MockLanguageModelV3 } from 'ai-6/test'

export type Version = 5 | 6 | 7

const MOCKS = { 5: MockLanguageModelV2, 6: MockLanguageModelV3, 7: MockLanguageModelV4 }

/** Creates the AI SDK's mock language model, in one version, with scripted answers. */
export function scriptedLanguageModel(version: Version, model: ScriptedModel): MockLanguageModelV4 {
  let calls = 0
  const doStream = async (request: { prompt: unknown; tools?: unknown }) => {
    const turn = model.answer({ prompt: request.prompt, tools: request.tools })
    const call = callOf(turn)
    const parts =
      call === undefined
        ? [
            { type: 'text-start', id: '1' },
            { type: 'text-delta', id: '1', delta: 'text' in turn ? turn.text : '' },
            { type: 'text-end', id: '1' },
          ]
        : [{ type: 'tool-call', toolCallId: `call_${++calls}`, toolName: call.name, input: JSON.stringify(call.input) }]
    const chunks = [{ type: 'stream-start', warnings: [] }, ...parts, endOf(version, call ? 'tool-calls' : 'stop')]
    return { stream: convertArrayToReadableStream(chunks) }
  }
  return new MOCKS[version]({ doStream } as never) as never
}

function endOf(version: Version, reason: string) {
  if (version === 5) {
    return { type: 'finish', finishReason: reason, usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } }
  }
  const tokens = { total: 1 }
  return {
    type: 'finish',
    finishReason: { unified: reason, raw: reason },
    usage: { inputTokens: tokens, outputTokens: tokens },
  }
}
