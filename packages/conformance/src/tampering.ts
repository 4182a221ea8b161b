import type { Sandbox } from '@glovebox/core'
import {
  adapterOf,
  createSandbox,
  type GuestInit,
  type GuestRuntime,
  readerOf,
  type SandboxAdapter,
} from '@glovebox/core/adapter'

/**
 * A guest runtime that an attacker has replaced. The program runs again for each message from the host and sends
 * arbitrary text with `post(text)`. `message` is the current message, `turn` the number of earlier ones.
 */
const TAMPERED: GuestRuntime = {
  id: 'tampered',
  source: `(post) => {
    globalThis.post = post
    globalThis.turn = 0
    // The reader passes dropped promises to it.
    globalThis.__unhandled__ = (value) => value
    let program
    return {
      load(loaded) { program = loaded },
      receive(text) {
        globalThis.message = text
        program()
        globalThis.turn++
      },
    }
  }`,
  libraries: { dates: '() => {}' },
}

/** Returns a sandbox whose guests are compromised from the start. */
export function tamperWith(sandbox: Sandbox): Sandbox {
  const adapter = adapterOf(sandbox)
  const start = (init: GuestInit) => adapter.start({ ...init, runtime: TAMPERED })
  const tampered: SandboxAdapter = {
    name: adapter.name,
    engine: adapter.engine,
    guarantees: adapter.guarantees,
    start,
    close: () => adapter.close(),
    [Symbol.asyncDispose]: () => adapter.close(),
  }
  return createSandbox(tampered, { ready: 0, reader: readerOf(sandbox) })
}
