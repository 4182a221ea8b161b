import * as Type from 'typebox'
import { compileSchema } from './compile.ts'
import { type GuestMessage, LOG_LEVELS, parseMessage } from './messages.ts'

const closed = { additionalProperties: false } as const

/** Error codes that a guest may report. Only the host uses the others. */
const GUEST_CODES = [
  'CODE_THREW',
  'VALUE_NOT_SERIALIZABLE',
  'LIMIT_STACK',
  'LIMIT_MEMORY',
  'LIMIT_MESSAGE_SIZE',
  'LIMIT_RESULT_SIZE',
  'TOOL_NOT_FOUND',
  'TOOL_INPUT_INVALID',
  'TOOL_OUTPUT_INVALID',
  'TOOL_CHANGED',
  'TOOL_DENIED',
  'TOOL_FAILED',
] as const

const guestMessage = Type.Union([
  Type.Object(
    {
      type: Type.Literal('log'),
      level: Type.Union(LOG_LEVELS.map((level) => Type.Literal(level))),
      text: Type.String(),
      truncated: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  Type.Object(
    { type: Type.Literal('call'), id: Type.Integer({ minimum: 1 }), tool: Type.String({ maxLength: 1_000 }) },
    closed,
  ),
  Type.Object({ type: Type.Literal('wake'), at: Type.Union([Type.Number(), Type.Null()]) }, closed),
  Type.Object(
    {
      type: Type.Literal('returned'),
      omitted: Type.Optional(Type.String({ maxLength: 200 })),
      unhandled: Type.Optional(
        Type.Array(
          Type.Object(
            {
              name: Type.String({ maxLength: 200 }),
              message: Type.String({ maxLength: 200 }),
              tool: Type.Optional(Type.String({ maxLength: 1_000 })),
            },
            closed,
          ),
          {
            maxItems: 3,
          },
        ),
      ),
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('threw'),
      error: Type.Object(
        {
          code: Type.Union(GUEST_CODES.map((code) => Type.Literal(code))),
          name: Type.String(),
          message: Type.String(),
          tool: Type.Optional(Type.String({ maxLength: 1_000 })),
          stack: Type.Optional(Type.String()),
          details: Type.Optional(Type.String({ maxLength: 4_000 })),
        },
        closed,
      ),
    },
    closed,
  ),
])

const validator = compileSchema(guestMessage)
export type CheckedGuestMessage = GuestMessage & Type.Static<typeof guestMessage>

/** Thrown for a message that does not follow the protocol, which means that the guest's runtime was tampered with. */
export class ForgedMessageError extends Error {
  override readonly name = 'ForgedMessageError'
}

/** @throws {@link ForgedMessageError} if the text does not follow the protocol */
export function parseGuestMessage(text: string): { readonly message: CheckedGuestMessage; readonly payload: string } {
  let parsed: ReturnType<typeof parseMessage>
  try {
    parsed = parseMessage(text)
  } catch (error) {
    throw new ForgedMessageError('a message from the guest is not JSON', { cause: error })
  }
  if (!validator.Check(parsed.header))
    throw new ForgedMessageError('a message from the guest does not follow the protocol')
  return { message: parsed.header as CheckedGuestMessage, payload: parsed.payload }
}
