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

/** Without the texts that go beside it. */
const head = Type.Union([
  Type.Object({ type: Type.Literal('turn'), guest, turn }),
  Type.Object({ type: Type.Literal('output'), guest }),
  Type.Object({ type: Type.Literal('made'), guest }),
  Type.Object({ type: Type.Enum(['exit', 'stuck']), guest, exit }),
  Type.Object({ type: Type.Literal('up') }),
  Type.Object({ type: Type.Literal('unavailable'), detail: Type.String() }),
])
const validator = compileSchema(head)

/**
 * Reads what a child says. It is ours, but what guards it from a guest is V8 alone.
 *
 * @throws an error for what no child of ours says
 */
export function unpackToHost([text, ...messages]: readonly string[]): FromWorker | Hello {
  const message = JSON.parse(text as string) as Type.Static<typeof head>
  if (!validator.Check(message)) throw new TypeError('a message that is none')
  return (message.type === 'turn' || message.type === 'output' ? { ...message, messages } : message) as
    | FromWorker
    | Hello
}
