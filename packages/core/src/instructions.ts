import type { Catalog } from './catalog/catalog.ts'
import type { CatalogTool } from './catalog/namespace.ts'
import type { Declarations } from './declarations/typed-text.ts'

/** Default budget of the instructions and the declarations together, in tokens. */
export const DEFAULT_MAX_TOKENS = 6_000

/** Facts about the host that the prompt states. */
export interface PromptOptions {
  /** Name of the tool that runs programs. */
  readonly tool: string
  /** Whether a program with mistakes in its types is refused. */
  readonly isChecked: boolean
}

/** Returns the prompt that explains how to write a program, and how to look up what the declarations leave out. */
export function writeInstructions(catalog: Catalog, { text, omitted }: Declarations, host: PromptOptions): string {
  const fence = fenceFor(text)
  return `${explanation(catalog, host, omitted.length === 0)}${fence}ts\n${text.trimEnd()}\n${fence}\n`
}

/** @param isWhole whether the declarations leave nothing out */
export function explanation(catalog: Catalog, { tool, isChecked }: PromptOptions, isWhole: boolean): string {
  return `Write a TypeScript program that calls the functions below, and pass it to the tool ${tool}.

- It is the body of an async function: \`await\` and \`return\` work at the top level. What it returns is your result.
- Call functions as \`namespace.name({ … })\`, independent ones together with \`Promise.all\`. Await every call: those still open at the end are cut off.
- Filter, join and count in the program; return only what you need. You see \`console.log\` and returned images too; \`await image.bytes()\` reads one.
- A failed call throws an error with \`code\` and \`message\`: catch it to continue. What a failed program completed stays done: never repeat it.
- Use \`Intl\`, \`URL\`, \`Buffer\`, \`crypto\`, timers; no network, files, modules or \`fetch\`. Nothing is kept for the next program.
- Times are in UTC, the locale is en-US, types are ${isChecked ? 'checked before the program runs' : 'unchecked'}.
${isWhole ? '' : lookup(catalog)}
`
}

/** Explains how a program looks up what the declarations leave out. */
function lookup({ namespaces }: Catalog): string {
  const examples = namespaces.filter(({ size }) => size > 0).flatMap(exampleOf)
  const paths = examples.slice(0, 2).map(({ path }) => `'${path}'`)
  const query = (examples.at(-1)?.identifier ?? 'read file').replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
  return `- The list below is short: \`?\` is optional, \`[]\` a list. A program looks up the rest, several tools at once, and can already call those that are certain:
  \`const { items } = await codemode.search({ query: '${query}' }) // paths, signatures\`
  \`return await codemode.describe([${paths.length === 0 ? '…' : paths.join(', ')}]) // declarations with types, units and limits\`
`
}

/** Number of namespaces among which examples are looked for, and maximum length of the path of an example. */
const MAX_SOURCES = 20
const MAX_EXAMPLE_LENGTH = 60

function exampleOf({ tools }: Catalog['namespaces'][number], index: number): CatalogTool[] {
  const [first] = index < MAX_SOURCES ? tools : []
  return first === undefined || first.path.length > MAX_EXAMPLE_LENGTH ? [] : [first]
}

/** Returns a Markdown fence that the text cannot close. */
function fenceFor(text: string): string {
  let longest = 2
  for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length)
  return '`'.repeat(longest + 1)
}
