import { type CheckMode, defineTool } from '@glovebox/core'

export interface DiagnosticExample {
  /** Heading of the example. */
  readonly title: string
  readonly program: string
  readonly check?: CheckMode
}

const issue = {
  type: 'object',
  properties: { id: { type: 'number' }, title: { type: 'string' }, state: { enum: ['open', 'closed'] } },
  required: ['id', 'title', 'state'],
  additionalProperties: false,
}

/** Tools for the examples. `getUser` declares no output. */
export const diagnosticTools = {
  listIssues: defineTool({
    description: 'Lists the issues of a repository.',
    inputSchema: {
      type: 'object',
      properties: {
        repo: { type: 'string' },
        state: { enum: ['open', 'closed', 'all'] },
        limit: { type: 'integer' },
      },
      required: ['repo'],
      additionalProperties: false,
    },
    outputSchema: {
      type: 'object',
      properties: { issues: { type: 'array', items: issue } },
      required: ['issues'],
    },
    execute: () => ({ issues: [{ id: 1, title: 'Broken build', state: 'open' }] }),
  }),
  closeIssue: defineTool({
    description: 'Closes an issue.',
    inputSchema: { type: 'object', properties: { id: { type: 'number' } }, required: ['id'] },
    outputSchema: { type: 'boolean' },
    execute: () => true,
  }),
  getUser: defineTool({
    description: 'Returns the signed-in user.',
    inputSchema: { type: 'object', properties: {} },
    execute: () => ({ login: 'ada', plan: { name: 'free', seats: 1 } }),
  }),
}

/** Programs with mistakes, one for each kind. */
export const diagnosticExamples: readonly DiagnosticExample[] = [
  { title: 'A tool that does not exist', program: "return await tools.listIssue({ repo: 'a' })" },
  { title: 'A misspelt field of an input', program: "return await tools.listIssues({ repository: 'a' })" },
  { title: 'A missing field of an input', program: "return await tools.listIssues({ state: 'open' })" },
  { title: 'A value of another type', program: "return await tools.closeIssue({ id: '1' })" },
  {
    title: 'A value that an enum does not have',
    program: "return await tools.listIssues({ repo: 'a', state: 'opened' })",
  },
  {
    title: 'A member that a result does not have',
    program: "const { issues } = await tools.listIssues({ repo: 'a' })\nreturn issues.map((issue) => issue.titel)",
  },
  {
    title: 'A promise that is used as its value',
    program: "const found = tools.listIssues({ repo: 'a' })\nreturn found.issues.length",
  },
  {
    title: 'A comparison that is never true',
    program:
      "const { issues } = await tools.listIssues({ repo: 'a' })\nreturn issues.filter(({ state }) => state === 'opened')",
  },
  { title: 'A global that does not exist', program: "return await fetchJson('https://example.com')" },
  {
    title: 'Several mistakes',
    program:
      "const { issues } = await tools.listIssues({ repo: 'a', max: 5 })\nfor (const issue of issues) await tools.closeIssue({ id: issue.number })\nreturn issues.lenght",
  },
  {
    title: 'A warning instead of an error',
    program: "const { issues } = await tools.listIssues({ repo: 'a' })\nreturn issues.map((issue) => issue.titel)",
    check: 'warn',
  },
  {
    title: 'A warning about a type that was observed',
    program: 'const user = await tools.getUser()\nreturn user.email',
  },
]
