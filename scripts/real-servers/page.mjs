import { writeFileSync } from 'node:fs'
import { tableOf } from '../report.mjs'

const HEADS = ['server', 'version', 'protocol', 'tools', 'SDK, ms', '`mcp()`, ms', 'type errors', 'program']

const numberOf = (value) => (value === undefined ? '' : value.toFixed(0))

/** Keeps a text inside its cell or list item. */
const plain = (text) => text.replaceAll('|', '/').replaceAll('`', "'")

function programOf({ server, used }) {
  if (used === undefined || used.program.state === 'none') return ''
  if (used.program.state === 'passed') return server.program.what
  return used.program.state === 'skipped' ? 'not run' : '**failed**'
}

function rowOf(row) {
  const { server, used, sdkMs, mcpMs } = row
  return [
    `\`${server.package}\``,
    server.version,
    used?.protocol ?? '',
    String(used?.tools ?? ''),
    numberOf(sdkMs),
    numberOf(mcpMs),
    String(used?.errors.length ?? ''),
    programOf(row),
  ]
}

/** Maximum length of a type in the table, in characters. */
const MAX_TYPE = 160

const learntRow = ({ tool, type }) => {
  const short = type.length > MAX_TYPE ? `${type.slice(0, MAX_TYPE)}…` : type
  return [`\`${tool}\``, `\`${short.replaceAll('|', '\\|')}\``]
}

function failuresOf({ server, used, failures }) {
  const { state, why } = used?.program ?? {}
  return [
    ...failures,
    ...(used?.errors ?? []).map((error) => `type error: ${error}`),
    ...(state === 'failed' || state === 'skipped' ? [`the program: ${why}`] : []),
  ].map((message) => `- \`${server.package}\`: ${plain(message)}`)
}

/** Writes the page about real MCP servers. */
export function writePage(file, { rows, summary, rounds, maxRatio, cores }) {
  const failures = rows.flatMap(failuresOf)
  const { learnt, learntServers, unknown } = summary
  const { connected, tools, typeErrors, passed, programs, ratio, sdkMs, mcpMs } = summary
  writeFileSync(
    file,
    `# MCP servers

This page shows how [\`mcp()\`](../../packages/mcp/README.md) works with real MCP servers from the npm registry.

- **SDK**: the time until the client of the MCP SDK alone, without version negotiation, has listed the tools.
- **\`mcp()\`**: the time until \`mcp()\` has resolved. It negotiates the protocol version and lists the tools.
- **Tools**: the tools that programs can call. Servers with resources or prompts have additional tools to read them.
- **Type errors**: errors of TypeScript 6 in strict mode in the declarations of all tools.
- **Program**: effect of a program that ran on the server and returned the expected value.

The times are medians of ${rounds} first connections each, in turns, on ${cores} cores with Node ${process.versions.node} (${new Date().toISOString().slice(0, 10)}). Servers that need
credentials have dummy ones. They list their tools, but cannot do more. A process that is
left after a connection is closed counts as a failure.

\`pnpm real-servers\` writes this page.

## Results

- ${connected} of ${rows.length} servers connected. They have ${tools} tools.
- The median of the ratios of \`mcp()\` to the SDK is ${ratio.toFixed(2)} (target: at most ${maxRatio}). The median times are ${numberOf(mcpMs)} ms and ${numberOf(sdkMs)} ms.
- The declarations have ${typeErrors} type errors.
- ${passed} of ${programs} programs returned the expected value.

${tableOf([HEADS, ...rows.map(rowOf)])}

## Learnt outputs

The programs called ${learnt} tools that declare no output, of ${learntServers} servers. [Learnt](../guides/learnt-outputs.md) from these results, ${learnt - unknown} of ${learnt} output types are complete:
no part of them is \`unknown\`.

${tableOf([['tool', 'type after the program'], ...rows.flatMap(({ used }) => used?.learnt ?? []).map(learntRow)])}

## Failures

${failures.length === 0 ? 'None.' : failures.join('\n')}

## Excluded servers

\`@stripe/mcp\` and \`@supabase/mcp-server-supabase\` request their tools from a service, so they do not work without a network.
`,
  )
}
