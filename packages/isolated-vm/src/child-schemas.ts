import { compileSchema, type FromWorker } from '@glovebox/core/adapter'
import * as Type from 'typebox'
import type { Hello } from './messages.ts'

const guest = Type.Integer({ minimum: 1 })
const cpuTimeMs = Type.Optional(Type.Number())
const exit = Type.Union([
  Type.Object({ why: Type.Literal('terminated'), cpuTimeMs }),
  Type.Object({
    why: Type.Literal('limit'),
    limit: Type.Enum(['memory', 'stack', 'cpu', 'turn', 'output']),
    cpuTimeMs,
  }),
  Type.Object({ why: Type.Literal('crashed'), detail: Type.String(), cpuTimeMs }),
])
const turn = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  cpuTimeMs,
  memoryBytes: Type.Optional(Type.Number()),
  failed: Type.Optional(
    Type.Object({
      kind: Type.Enum(['syntax', 'runtime']),
      name: Type.String(),
      message: Type.String(),
      line: Type.Optional(Type.Integer()),
      column: Type.Optional(Type.Integer()),
    }),
  ),
})

/** Schema of a message without the texts that follow it in the frame. */
const head = Type.Union([
  Type.Object({ type: Type.Literal('turn'), guest, turn }),
  Type.Object({ type: Type.Literal('output'), guest }),
  Type.Object({ type: Type.Literal('made'), guest }),
  Type.Object({ type: Type.Literal('exit'), guest, exit }),
  Type.Object({ type: Type.Literal('up') }),
  Type.Object({ type: Type.Literal('unavailable'), detail: Type.String() }),
])
const validator = compileSchema(head)

/**
 * Parses a message from a child. It is validated, because only V8 separates the child from its guests.
 *
 * @throws `SyntaxError` or `TypeError` if the message is invalid
 */
export function unpackToHost([text, ...messages]: readonly string[]): FromWorker | Hello {
  const message = JSON.parse(text as string) as Type.Static<typeof head>
  if (!validator.Check(message)) throw new TypeError('invalid message from the child process')
  return (message.type === 'turn' || message.type === 'output' ? { ...message, messages } : message) as
    | FromWorker
    | Hello
}
