/** The process that reads programs and checks values. Its host ends it when that takes too long or too much memory. */
import {
  isStripperBroken,
  isStripperLoaded,
  loadTypeScript,
  ProgramSyntaxError,
  prepareProgram,
  whenStripperLoads,
} from '@glovebox/core/program'
import type { FromReader, ReaderAnswer, ReaderWork, ToReader } from './reader-messages.ts'

async function work(task: ReaderWork): Promise<ReaderAnswer> {
  try {
    if (task.kind === 'check') {
      const { checkPayload } = await import('@glovebox/core/checking')
      return { problems: await checkPayload(task.schema, task.payload, task.side) }
    }
    return { program: await prepareProgram(task.text) }
  } catch (error) {
    if (error instanceof ProgramSyntaxError) return { mistake: error.message, ...error.position }
    if (task.kind === 'check' && error instanceof Error) return { failure: error.message }
    // What else a parser throws may have left it inconsistent: it ends the process.
    throw error
  }
}

const say = (message: FromReader): void => {
  process.send?.(message)
}

whenStripperLoads(() => say({ type: 'loaded' }))
process.on('message', async (message: ToReader) => {
  if (message.kind === 'load-typescript') {
    await loadTypeScript()
    return
  }
  const answer = await work(message)
  say({ type: 'done', answer, isTyped: isStripperLoaded(), isBroken: isStripperBroken() })
})
process.on('disconnect', () => process.exit())
// A terminal's Ctrl-C reaches the whole process group; the host decides when this process ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
say({ type: 'up' })
