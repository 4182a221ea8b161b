/** Child process that reads programs and checks values. The host ends it if it takes too long or too much memory. */
import {
  isStripperBroken,
  isStripperLoaded,
  loadTypeScript,
  ProgramSyntaxError,
  prepareProgram,
  whenStripperLoads,
} from '@glovebox/core/program'
import type { FromReader, ReaderAnswer, ReaderWork, ToReader } from '../reader-messages.ts'

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
    // After any other error the parser may be in an inconsistent state: this ends the process.
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
