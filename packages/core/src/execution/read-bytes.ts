import type { CatalogTool } from '../catalog/namespace.ts'
import { ToolCallError } from '../contract/errors.ts'
import { READ_BYTES } from '../protocol/messages.ts'
import type { Attachments } from './attachments.ts'

/** Creates the function with which a guest reads the bytes of an attachment. */
export function readBytes(attachments: Attachments): CatalogTool {
  return {
    path: READ_BYTES,
    identifier: 'bytes',
    parseInput: undefined,
    parseOutput: undefined,
    tool: {
      name: 'bytes',
      annotations: { readOnlyHint: true },
      execute: (input) => {
        const bytes = typeof input === 'string' ? attachments.bytes(input) : undefined
        if (bytes === undefined) throw new ToolCallError('TOOL_INPUT_INVALID', 'This run has no such attachment')
        return bytes
      },
    },
  }
}
