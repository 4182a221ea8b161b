import type { CodeMode } from '@glovebox/core'
import { type FunctionTool, tool } from '@openai/agents'

/** The one tool for the model. */
export function runProgramTool<Context>(codeMode: CodeMode): FunctionTool<Context> {
  const { name, description, inputSchema, execute } = codeMode.tool
  return tool({
    name,
    description,
    parameters: inputSchema,
    strict: true,
    // What a program does wrong is a result. What is left is the host's to see.
    errorFunction: null,
    execute: (input, runContext, details) =>
      execute(input as { code: string }, { context: { runContext, details }, signal: details?.signal }),
  }) as unknown as FunctionTool<Context>
}
