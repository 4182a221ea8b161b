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
    'Runs an example: an agent of one framework whose model writes a program that calls the tools of a shop.',
  )
  .addArgument(new Argument('<name>', 'name of the example').choices(EXAMPLES))
  .addHelpText('after', '\nSet OPENAI_API_KEY or ANTHROPIC_API_KEY to use a real model. Default: a scripted model.')
  .action(async (name: (typeof EXAMPLES)[number]) => {
    const { run } = (await import(`./${name}.ts`)) as { run(): Promise<string> }
    console.log(`\n${styleText(['bold', 'green'], await run())}`)
  })

await command.parseAsync()
