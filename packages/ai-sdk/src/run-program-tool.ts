import type { CodeMode } from '@glovebox/core'
import { jsonSchema, type Tool } from 'ai'
import { type ProgramRun, watchProgram } from './program-run.ts'
import type { CallOptions } from './program-tool.ts'

/** The one tool for the model. What it streams, a user interface can show; the model is given `output` alone. */
export type RunProgramTool = Tool<{ code: string }, ProgramRun>

export function runProgramTool(codeMode: CodeMode): RunProgramTool {
  const { description, inputSchema } = codeMode.tool
  return {
    description,
    inputSchema: jsonSchema<{ code: string }>(inputSchema),
    execute: ({ code }: { code: string }, options: CallOptions) =>
      watchProgram(codeMode, code, { context: options, signal: options.abortSignal }),
    // Version 5 gives the output itself.
    toModelOutput: (given: ProgramRun | { output: ProgramRun }) => {
      const run = 'status' in given ? given : given.output
      return { type: 'json', value: run.status === 'running' ? null : run.output }
    },
  } as RunProgramTool
}
