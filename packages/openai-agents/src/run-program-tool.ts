import type { CodeMode } from '@glovebox/core'
import { type FunctionTool, ModelBehaviorError, tool } from '@openai/agents'

/** Creates the tool that runs programs. */
export function runProgramTool<Context>(codeMode: CodeMode): FunctionTool<Context> {
  const { name, description, inputSchema, execute } = codeMode.tool
  return tool({
    name,
    description,
    parameters: inputSchema,
    strict: true,
    // Program errors are results. The model receives errors about its own call; the host receives all others.
    errorFunction: (_runContext, error) => {
      if (error instanceof ModelBehaviorError) return `The call could not be read: ${error.message}`
      throw error
    },
    execute: (input, runContext, details) =>
      execute(input as { code: string }, { context: { runContext, details }, signal: details?.signal }),
  }) as unknown as FunctionTool<Context>
}
