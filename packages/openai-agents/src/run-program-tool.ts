import type { CodeMode } from '@glovebox/core'
import { type FunctionTool, ModelBehaviorError, tool } from '@openai/agents'

/** The one tool for the model. */
export function runProgramTool<Context>(codeMode: CodeMode): FunctionTool<Context> {
  const { name, description, inputSchema, execute } = codeMode.tool
  return tool({
    name,
    description,
    parameters: inputSchema,
    strict: true,
    // What a program does wrong is a result, and what the model does wrong in its call it is told; the rest is the host's to see.
    errorFunction: (_runContext, error) => {
      if (error instanceof ModelBehaviorError) return `The call could not be read: ${error.message}`
      throw error
    },
    execute: (input, runContext, details) =>
      execute(input as { code: string }, { context: { runContext, details }, signal: details?.signal }),
  }) as unknown as FunctionTool<Context>
}
