/**
 * Process of one engine: `contestant.ts <URL of the driver>`. It measures what its parent asks for, so that all engines are
 * measured by the same code.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, EngineLimits } from './driver.ts'
import { callsOf, HOSTILE, inBlocks, type Load, load, ROWS, TOOLS } from './workload.ts'

/** Request of the parent. */
export type Task =
  | { readonly type: 'row'; readonly id: string }
  | { readonly type: 'load'; readonly concurrency: number; readonly total: number }
  | { readonly type: 'blocks'; readonly blocks: number; readonly size: number; readonly boxMs: number }
  | { readonly type: 'calls'; readonly count: number }
  | { readonly type: 'burst'; readonly count: number }
  | { readonly type: 'wait'; readonly count: number }
  | { readonly type: 'hostile'; readonly title: string }

export interface Ready {
  readonly type: 'ready'
  /** Time from the import of the driver to the first result, in ms. */
  readonly coldMs: number
}

export interface HostileEnd {
  /** Time until the engine reported the end of the program, in ms. */
  readonly endedMs: number
  /** Longest time in which the event loop of the host did not run, in ms. */
  readonly stalledMs: number
  /** Whether the engine runs a program afterwards. */
  readonly recovers: boolean
}

export type Answer =
  | { readonly type: 'samples'; readonly samples: readonly number[] }
  | ({ readonly type: 'load' } & Load)
  | ({ readonly type: 'hostile' } & HostileEnd)
  | { readonly type: 'failed'; readonly message: string }

const [, , url, limitsText] = process.argv as [string, string, string, string]
const say = (message: Ready | Answer): void => void process.send?.(message)
const started = performance.now()
const { default: driver } = (await import(url)) as { readonly default: Driver }
const engine = await driver.create(TOOLS, JSON.parse(limitsText) as EngineLimits)
if ((await engine.run('return (await tools.echo({ x: 2 })).x + 1')) !== 3) throw new Error('the engine is wrong')
const coldMs = performance.now() - started

process.on('message', async (task: Task | 'end') => {
  if (task === 'end') {
    await engine.close()
    process.disconnect()
    return
  }
  try {
    say(await answer(task))
  } catch (error) {
    say({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
})
say({ type: 'ready', coldMs })

async function answer(task: Task): Promise<Answer> {
  switch (task.type) {
    case 'row':
      return samples(await ROWS.find(({ id }) => id === task.id)?.measure(engine))
    case 'load':
      return { type: 'load', ...(await load(engine, task.concurrency, task.total)) }
    case 'blocks':
      return samples(await inBlocks(engine, task.blocks, task.size, task.boxMs))
    case 'calls':
      return samples(await callsOf(engine, task.count))
    case 'burst':
      return atOnce(task.count, 'return (await tools.echo({ x: 1 })).x')
    case 'wait':
      return atOnce(task.count, 'await tools.waitLong({}); return 1')
    case 'hostile':
      return { type: 'hostile', ...(await attack(HOSTILE[task.title] as string)) }
    default:
      return task satisfies never
  }
}

async function atOnce(count: number, body: string): Promise<Answer> {
  await Promise.all(Array.from({ length: count }, () => engine.run(body)))
  return samples([])
}

const samples = (values: readonly number[] = []): Answer => ({ type: 'samples', samples: values })

async function attack(body: string): Promise<HostileEnd> {
  await delay(50)
  let last = performance.now()
  let stalledMs = 0
  const look = () => {
    stalledMs = Math.max(stalledMs, performance.now() - last)
    last = performance.now()
  }
  const watch = setInterval(look, 5)
  const begun = performance.now()
  await engine.run(body).catch(() => {})
  const endedMs = performance.now() - begun
  look()
  clearInterval(watch)
  const recovers = await engine.run('return 1').then(
    (value) => value === 1,
    () => false,
  )
  return { endedMs, stalledMs, recovers }
}
