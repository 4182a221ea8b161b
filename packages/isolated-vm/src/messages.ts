import type { FromWorker, GuestRuntime, ToWorker } from '@glovebox/core/adapter'

/** File descriptors of the pipe and the status file in a child. */
export const PIPE = 3
export const STATUS = 4

/** Argument of a child that watches itself on a second thread. */
export const WATCH = 'watch'

/** First message to a child. */
export interface Boot {
  readonly type: 'boot'
  readonly runtime: GuestRuntime
}

/** First message from a child: it is ready, or it cannot start. */
export type Hello = { readonly type: 'up' } | { readonly type: 'unavailable'; readonly detail: string }

export function packToChild(message: ToWorker | Boot): string[] {
  switch (message.type) {
    case 'boot': {
      const { source, libraries, ...runtime } = message.runtime
      const names = Object.keys(libraries)
      return [JSON.stringify({ type: 'boot', runtime, names }), source, ...Object.values(libraries)]
    }
    case 'run': {
      const { program, first, ...head } = message
      return [JSON.stringify({ ...head, name: program.name }), program.source, first]
    }
    case 'send':
      return [JSON.stringify({ type: 'send', guest: message.guest }), message.message]
    default:
      return [JSON.stringify(message)]
  }
}

export function unpackToChild([head, ...texts]: readonly string[]): ToWorker | Boot {
  const message = JSON.parse(head as string)
  switch (message.type) {
    case 'boot': {
      const [source, ...libraries] = texts
      const named = Object.fromEntries(message.names.map((name: string, index: number) => [name, libraries[index]]))
      return { type: 'boot', runtime: { ...message.runtime, source, libraries: named } }
    }
    case 'run': {
      const { name, ...rest } = message
      const [source, first] = texts
      return { ...rest, program: { name, source }, first }
    }
    case 'send':
      return { ...message, message: texts[0] }
    default:
      return message
  }
}

export function packToHost(message: FromWorker | Hello): string[] {
  if (message.type !== 'turn' && message.type !== 'output') return [JSON.stringify(message)]
  const { messages, ...head } = message
  return [JSON.stringify(head), ...messages]
}
