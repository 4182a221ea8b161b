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

/** Returns whether a resource is one of ours. */
export const isDeclaration = (uri: string): boolean => uri === DECLARATIONS || uri.startsWith(`${DECLARATIONS}/`)

/** @throws `ProtocolError` for an unknown resource */
export function readDeclarations(codeMode: CodeMode, uri: string): ReadResourceResult {
  const text = uri === DECLARATIONS ? codeMode.declarations : declarationOf(codeMode, uri)
  if (text !== undefined) return { contents: [{ uri, mimeType: MIME_TYPE, text }] }
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no resource ${uri.slice(0, 200)}`)
}

/** Maximum length of the address of a declaration, in characters. */
const MAX_LENGTH = 1_000

function declarationOf(codeMode: CodeMode, uri: string): string | undefined {
  if (!uri.startsWith(`${DECLARATIONS}/`) || uri.length > MAX_LENGTH) return undefined
  const text = codeMode.describe(unescaped(uri.slice(DECLARATIONS.length + 1)))
  // The text for a function that does not exist is a comment.
  return text.startsWith('//') ? undefined : text
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
