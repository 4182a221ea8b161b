import type { CodeMode } from '@glovebox/core'
import type { ResumeTool } from '@glovebox/core/framework'
import { type FunctionTool, ModelBehaviorError, tool } from '@openai/agents'

/** Creates the tool that runs programs. */
export function runProgramTool<Context>(codeMode: CodeMode): FunctionTool<Context> {
  const { name, description, inputSchema, run } = codeMode.tool
  return tool({
    name,
    description,
    parameters: inputSchema,
    strict: true,
    errorFunction,
    execute: async (input, runContext, details) => {
      const options = { context: { runContext, details }, signal: details?.signal }
      const { output, images } = await run(input as { code: string }, options)
      if (images.length === 0) return output
      const text = { type: 'text', text: JSON.stringify(output) }
      return [text, ...images.map((image) => ({ type: 'image', image }))]
    },
  }) as unknown as FunctionTool<Context>
}

/** Creates the tool that resumes a suspended run. The SDK asks for approval of each call of it. */
export function resumeProgramTool<Context>({
  name,
  description,
  inputSchema,
  execute,
}: ResumeTool): FunctionTool<Context> {
  return tool({
    name,
    description,
    parameters: inputSchema as never,
    // Strict schemas would have to declare the inputs of all tools.
    strict: false,
    needsApproval: true,
    errorFunction,
    execute: (input, runContext, details) =>
      execute(input, { context: { runContext, details }, signal: details?.signal }),
  }) as unknown as FunctionTool<Context>
}

/** Program errors are results. The model receives errors about its own call; the host receives all others. */
function errorFunction(_runContext: unknown, error: unknown): string {
  if (error instanceof ModelBehaviorError) return `The call could not be read: ${error.message}`
  throw error
}
