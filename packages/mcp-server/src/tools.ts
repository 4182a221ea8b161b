import type { CodeMode } from '@glovebox/core'
import type { ListToolsResult } from '@modelcontextprotocol/server'

type ListedTool = ListToolsResult['tools'][number]

/** Names of the tools beside the one that runs programs. */
export const SEARCH = 'search_tools'
export const DESCRIBE = 'describe_tools'
export const RESUME = 'resume_program'

/** Settings of {@link listTools}. */
export interface ListSettings {
  readonly hasLookups: boolean
  /** Whether to say which tools may be called as tasks, as the revision of 2025-11-25 does. */
  readonly hasTasks: boolean
}

/** Lists the tools that clients see. The tools of the code mode are inside programs. */
export function listTools({ tool, runs }: CodeMode, { hasLookups, hasTasks }: ListSettings): ListedTool[] {
  const execution = hasTasks && { execution: { taskSupport: 'optional' as const } }
  const { name, description, inputSchema } = tool
  const listed: ListedTool[] = [
    {
      name,
      description,
      inputSchema: { ...inputSchema, required: [...inputSchema.required] },
      annotations: { openWorldHint: true },
      ...execution,
    },
  ]
  if (hasLookups)
    listed.push(
      {
        name: SEARCH,
        description: 'Finds functions for programs by words that say what they do.',
        inputSchema: {
          type: 'object',
          properties: { query: { type: 'string' }, namespace: { type: 'string' }, limit: { type: 'integer' } },
          required: ['query'],
        },
        annotations: { readOnlyHint: true },
      },
      {
        name: DESCRIBE,
        description: 'Returns the TypeScript declarations of functions for programs, by their paths.',
        inputSchema: {
          type: 'object',
          properties: { paths: { type: 'array', items: { type: 'string' } } },
          required: ['paths'],
        },
        annotations: { readOnlyHint: true },
      },
    )
  if (runs !== undefined)
    listed.push({
      name: RESUME,
      description: 'Continues a program that waited for a person or a timer. It decides nothing.',
      inputSchema: { type: 'object', properties: { run: { type: 'string' } }, required: ['run'] },
      ...execution,
    })
  return listed
}
