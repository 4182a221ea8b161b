import { type CodeModeOptions, defineTool, type ExecutionErrorCode, type Limits, ToolCallError } from '@glovebox/core'

export interface ErrorExample {
  readonly program: string
  readonly limits?: Limits
}

const user = {
  type: 'object',
  properties: { id: { type: 'string' }, fields: { type: 'array', items: { type: 'string' } } },
  required: ['id'],
  additionalProperties: false,
}

/** Tools for the example programs. `wait` never settles, so that calls without `await` have deterministic output. */
export const exampleTools = {
  find: defineTool({ inputSchema: user, execute: ({ id }: { id: string }) => ({ id, name: 'Ada' }) }),
  save: defineTool({
    inputSchema: user,
    execute: () => {
      throw new Error('the database is read-only')
    },
  }),
  remove: defineTool({
    inputSchema: user,
    execute: () => {
      throw new ToolCallError('TOOL_DENIED', 'removing users needs a person')
    },
  }),
  count: defineTool({ outputSchema: { type: 'object' }, execute: () => ({ next: () => 1 }) }),
  wait: () => new Promise<never>(() => {}),
} satisfies CodeModeOptions['tools']

/** Example programs by error code, for all codes that a program can cause. */
export const errorExamples: Readonly<Partial<Record<ExecutionErrorCode, ErrorExample>>> = {
  CODE_SYNTAX: { program: "const user = await tools.find({ id: 'u1' }\nreturn user.name" },
  CODE_THREW: { program: 'const user = tools.wait()\nreturn user.name.toUpperCase()' },
  VALUE_NOT_SERIALIZABLE: { program: 'return { user: tools.wait() }' },
  LIMIT_WALL_TIME: { program: 'return await tools.wait()', limits: { wallTimeMs: 2_000 } },
  LIMIT_CPU: { program: 'const end = Date.now() + 1000\nwhile (Date.now() < end) {}', limits: { cpuTimeMs: 200 } },
  LIMIT_MEMORY: { program: "const all = []\nfor (;;) all.push('x'.repeat(1000) + all.length)" },
  LIMIT_STACK: { program: 'const count = (n) => 1 + count(n + 1)\nreturn count(0)' },
  LIMIT_TOOL_CALLS: {
    program: 'for (let id = 0; ; id++) await tools.find({ id: String(id) })',
    limits: { toolCalls: 10 },
  },
  LIMIT_CODE_SIZE: { program: `return ${JSON.stringify('x'.repeat(100))}`, limits: { codeBytes: 50 } },
  LIMIT_MESSAGE_SIZE: {
    program: "return await tools.find({ id: 'x'.repeat(10_000) })",
    limits: { messageBytes: 4_096 },
  },
  LIMIT_RESULT_SIZE: { program: "return 'x'.repeat(10_000)", limits: { resultBytes: 4_096 } },
  PROGRAM_STALLED: { program: 'await new Promise(() => {})' },
  TOOL_NOT_FOUND: { program: "return await tools.finde({ id: 'u1' })" },
  TOOL_INPUT_INVALID: { program: "return await tools.find({ userId: 'u1' })" },
  TOOL_OUTPUT_INVALID: { program: 'return await tools.count({})' },
  TOOL_DENIED: { program: "const user = await tools.find({ id: 'u1' })\nreturn await tools.remove({ id: user.id })" },
  TOOL_FAILED: { program: "const user = await tools.find({ id: 'u1' })\nreturn await tools.save({ id: user.id })" },
}
