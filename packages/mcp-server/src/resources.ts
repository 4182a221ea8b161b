import type { CodeMode } from '@glovebox/core'
import type { ReadResourceResult } from '@modelcontextprotocol/server'
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'

const DECLARATIONS = 'glovebox://declarations'
const MIME_TYPE = 'text/plain'

/** The declarations that the model reads. */
export const RESOURCES = [
  {
    uri: DECLARATIONS,
    name: 'declarations',
    description: 'Declarations as the model reads them.',
    mimeType: MIME_TYPE,
  },
]

/** The whole declaration of each tool. */
export const TEMPLATES = [
  {
    uriTemplate: `${DECLARATIONS}/{path}`,
    name: 'declaration',
    description: 'Declaration of one function, such as glovebox://declarations/github.listIssues.',
    mimeType: MIME_TYPE,
  },
]

/** @throws `ProtocolError` for an unknown resource */
export function readDeclarations(codeMode: CodeMode, uri: string): ReadResourceResult {
  const path = uri.startsWith(`${DECLARATIONS}/`) ? uri.slice(DECLARATIONS.length + 1) : undefined
  if (uri !== DECLARATIONS && path === undefined)
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no resource ${uri.slice(0, 200)}`)
  const text = path === undefined ? codeMode.declarations : codeMode.describe(path)
  return { contents: [{ uri, mimeType: MIME_TYPE, text }] }
}
