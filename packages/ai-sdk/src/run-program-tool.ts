import type { CodeMode } from '@glovebox/core'
import { jsonSchema, type Tool } from 'ai'
import { type ProgramRun, watchProgram } from './program-run.ts'
import type { CallOptions } from './program-tool.ts'

/** Tool that runs programs. It streams states for a user interface; the model receives only `output`. */
export type RunProgramTool = Tool<{ code: string }, ProgramRun>

export function runProgramTool(codeMode: CodeMode): RunProgramTool {
  const { description, inputSchema } = codeMode.tool
  return {
    description,
    inputSchema: jsonSchema<{ code: string }>(inputSchema),
    execute: ({ code }: { code: string }, options: CallOptions) =>
      watchProgram(codeMode, code, { context: options, signal: options.abortSignal }),
    // AI SDK 5 passes the output directly; later versions wrap it.
    toModelOutput: (given: ProgramRun | { output: ProgramRun }) => {
      const isDirect = 'status' in given
      const run = isDirect ? given : given.output
      if (run.status === 'running') return { type: 'json', value: null }
      if (run.images === undefined) return { type: 'json', value: run.output }
      const images = run.images.map((image) => ({ type: isDirect ? 'media' : 'image-data', ...image }))
      return { type: 'content', value: [{ type: 'text', text: JSON.stringify(run.output) }, ...images] }
    },
  } as RunProgramTool
}
