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
 * A runtime that an attacker has replaced: the program runs anew with each message, and says what it likes by
 * `post(text)`; `message` is what the host said, `turn` how often it spoke.
 */
const TAMPERED: GuestRuntime = {
  id: 'tampered',
  source: `(post) => {
    globalThis.post = post
    globalThis.turn = 0
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

/** A sandbox whose guests have been taken over before they begin. */
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
