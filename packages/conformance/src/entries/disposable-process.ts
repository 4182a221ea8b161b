/** Entry point of a disposable host. Runs programs in the sandbox that the module in `argv[2]` creates. */
import { createCodeMode, type ExecuteResult, type Limits, type Sandbox } from '@glovebox/core'

export interface Order {
  readonly order: number
  readonly code: string
  readonly limits: Limits
}

export interface Answer {
  readonly order: number
  readonly result: ExecuteResult
}

const { default: create } = (await import(process.argv[2] as string)) as { default(): Sandbox | Promise<Sandbox> }
const sandbox = await create()

process.on('message', async ({ order, code, limits }: Order) => {
  await using codeMode = await createCodeMode({ sandbox, tools: {}, limits })
  const answer: Answer = { order, result: await codeMode.execute(code) }
  process.send?.(answer)
})
process.on('disconnect', () => process.exit())
