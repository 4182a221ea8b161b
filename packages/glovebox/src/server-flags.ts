import type { McpOptions } from '@glovebox/mcp'
import { UsageError } from './exit-codes.ts'

/**
 * Parses `name=command and its arguments` or `name=https://…`. Quotes group words, as in a shell.
 *
 * @throws {@link UsageError} if the name is missing or a quote is not closed
 */
export function parseServerFlag(text: string): McpOptions {
  const [, name = '', rest = ''] = /^([\w.-]+)=(.+)$/s.exec(text.trim()) ?? []
  // Do not quote the text: its arguments or URL may contain tokens.
  if (name === '') throw new UsageError('Cannot read a --server without a name. Write name=command or name=https://…')
  if (/^https?:\/\//.test(rest)) return { name, url: rest }
  const words = splitWords(rest)
  if (words === undefined) throw new UsageError(`Cannot read the server "${name}": a quote is not closed.`)
  const [command = '', ...args] = words
  return { name, command, args }
}

/** A header from the command line. */
export interface HeaderFlag {
  readonly server: string
  readonly name: string
  readonly value: string
}

/**
 * Parses `server=Header: value`.
 *
 * @throws {@link UsageError} without quoting the text, which may contain a token
 */
export function parseHeaderFlag(text: string): HeaderFlag {
  const [, server = '', name = '', value = ''] = /^([\w.-]+)=([\w-]+):\s*(.*)$/s.exec(text.trim()) ?? []
  if (server === '' || value === '') throw new UsageError('Cannot read a --header. Write server=Header: value')
  return { server, name, value }
}

/** Splits text into words, or returns undefined if a quote is not closed. `--root="a b"` is one word. */
function splitWords(text: string): string[] | undefined {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  if (/["']/.test(text.replace(/"[^"]*"|'[^']*'/g, ''))) return undefined
  return words.map((word) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  )
}
