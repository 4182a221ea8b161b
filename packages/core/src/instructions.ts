/** How a model is told to write a program, with the declarations it may use. */
export function writeInstructions(declarations: string, omitted: readonly string[] = []): string {
  return `Write a TypeScript program that calls the functions declared below, and pass it to the tool run_program.

- The program is the body of an async function: use \`await\` and \`return\` at the top level. What it returns is your result.
- Declared functions are globals: \`namespace.name({ … })\`. Start independent calls together with \`Promise.all\`.
- Await every call: those that are open when the program ends are cut off.
- Filter, join and count in the program; return only what you need. \`console.log\` is shown to you as well.
- A failed call throws an error with a \`code\` and a \`message\`: catch it to continue. What a failed program has completed stays done: do not repeat it.
- There is no network, no file system, no \`fetch\`, \`require\`, \`import\` or \`process\`. A program keeps nothing for the next one.
${omitted.length === 0 ? '' : `\nTo be short, the declarations leave out: ${omitted.join(', ')}.\n`}
\`\`\`ts
${declarations.trimEnd()}
\`\`\`
`
}
