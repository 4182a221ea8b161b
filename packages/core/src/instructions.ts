/**
 * Returns the prompt that explains how to write a program. It includes the declarations.
 *
 * @param omitted names of the details that the declarations leave out
 * @param tool name of the tool that runs the program
 */
export function writeInstructions(declarations: string, omitted: readonly string[], tool: string): string {
  return `Write a TypeScript program that calls the functions below, and pass it to the tool ${tool}.

- It is the body of an async function: \`await\` and \`return\` work at the top level. What it returns is your result.
- Call functions as \`namespace.name({ … })\`, independent ones together with \`Promise.all\`. Await every call: those still open at the end are cut off.
- Filter, join and count in the program; return only what you need. You see \`console.log\` and returned images too; \`await image.bytes()\` reads one.
- A failed call throws an error with \`code\` and \`message\`: catch it to continue. What a failed program completed stays done: never repeat it.
- Use \`Intl\`, \`URL\`, \`Buffer\`, \`crypto\`, timers; no network, files, modules or \`fetch\`. Nothing is kept for the next program.
- Times are in UTC, the locale is en-US, types are unchecked.
${omitted.length === 0 ? '' : `\nTo be short, the declarations leave out: ${omitted.join(', ')}.\n`}
\`\`\`ts
${declarations.trimEnd()}
\`\`\`
`
}
