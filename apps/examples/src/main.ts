/** Runs one example: `pnpm example <name>`. */
import { styleText } from 'node:util'
import { Argument, Command } from 'commander'

const EXAMPLES = [
  'ai-sdk',
  'anthropic',
  'fetch',
  'langchain',
  'mastra',
  'openai-agents',
  'opentelemetry',
  'tanstack-ai',
] as const

const command = new Command('pnpm example')
  .description(
    'Runs an example: an agent of one framework, whose model writes a program that calls the tools of a shop.',
  )
  .addArgument(new Argument('<name>', 'which one').choices(EXAMPLES))
  .addHelpText(
    'after',
    '\nWith OPENAI_API_KEY or ANTHROPIC_API_KEY set, the model is a real one; else a script stands in for it.',
  )
  .action(async (name: (typeof EXAMPLES)[number]) => {
    const { run } = (await import(`./${name}.ts`)) as { run(): Promise<string> }
    console.log(`\n${styleText(['bold', 'green'], await run())}`)
  })

await command.parseAsync()
