import { basename } from 'node:path'
import { type Tool, ToolCallError } from '@glovebox/core'
import { cutUrls, KnownSecrets, redactSecrets, secretsOfUrl } from '@glovebox/core/framework'
import { ProtocolError } from '@modelcontextprotocol/client'
import type { McpHttpOptions, McpOptions, McpStdioOptions } from '../contract/options.ts'

/** Commands whose first non-flag argument names the package that they run. */
const LAUNCHERS = ['npx', 'bunx', 'pnpx', 'uvx', 'pipx']
const FLAG = /^(?:-[a-z]{1,2}|--[a-z][a-z-]{0,40})$/i
const PROGRAM = /^@[\w.-]+\/[\w.-]+(?:@[\w.^~-]+)?$|\.(?:[cm]?[jt]s|py|rb|sh|jar|exe)$/i
const NAME_OF_SECRET = /key|token|secret|pass|pwd|auth|cred|dsn/i
/** Matches `--flag=value`, `NAME=value` or `Header: value`, but not the scheme of a URL. */
const ASSIGNMENT = /^([\w.-]+)(?:=|:(?!\/\/))\s*(.+)$/s
const MAX_CAUSES = 5
const MAX_LEARNT = 40

/** Redacts in errors what a server's options contain: URL parts beyond the origin, headers, arguments, environment. */
export class ServerSecrets {
  readonly #given: Secrets
  readonly #learnt = new Set<string>()
  #all: KnownSecrets
  #credentials: KnownSecrets

  constructor(options: McpOptions) {
    this.#given = 'url' in options ? secretsOfHttp(options) : secretsOfStdio(options as McpStdioOptions)
    this.#all = new KnownSecrets(this.#given.all)
    this.#credentials = new KnownSecrets(this.#given.credentials)
  }

  /** Adds the value of a header that is not part of the options, such as a token. The latest ones are kept. */
  learn(value: string): void {
    const secrets = credentialsOf(value)
    if (secrets.every((secret) => this.#learnt.has(secret))) return
    for (const secret of secrets) this.#learnt.add(secret)
    while (this.#learnt.size > MAX_LEARNT) this.#learnt.delete(this.#learnt.values().next().value as string)
    this.#all = new KnownSecrets([...this.#given.all, ...this.#learnt])
    this.#credentials = new KnownSecrets([...this.#given.credentials, ...this.#learnt])
  }

  /** Number of characters that {@link hideInTail} needs in addition to `wanted`. */
  get longest(): number {
    return this.#all.longest
  }

  /** Redacts text by the SDK, the system or the server that becomes part of our own messages. */
  hide(text: string): string {
    return redactSecrets(cutUrls(this.#all.hide(text)))
  }

  /** Redacts the end of a text that a server wrote, like {@link hide}. */
  hideInTail(text: string, wanted: number): string {
    return redactSecrets(cutUrls(this.#all.hideInTail(text, wanted)))
  }

  /** Returns a copy of an error with its name, code, redacted message and causes, without other properties. */
  copyOf(error: Error, causes = MAX_CAUSES): Error {
    const { cause, name } = error
    const { code } = error as { code?: unknown }
    const inner = cause instanceof Error && causes > 0 ? { cause: this.copyOf(cause, causes - 1) } : {}
    return Object.assign(new Error(this.hide(withoutBody(error)), inner), {
      name,
      ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    })
  }

  /**
   * Wraps a tool so that its errors are redacted too. In the server's answers, only credentials from the options are
   * redacted; paths and addresses stay.
   */
  guard(tool: Tool): Tool {
    const execute: Tool['execute'] = (input, context) =>
      this.guarded(context.signal, async () => await tool.execute(input, context))
    return { ...tool, execute }
  }

  /** Makes a request, and redacts its errors. */
  async guarded<Result>(signal: AbortSignal, request: () => Promise<Result>): Promise<Result> {
    try {
      return await request()
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error
      if (error instanceof ToolCallError) {
        throw new ToolCallError(error.code, this.#credentials.hide(error.message))
      }
      if (!(error instanceof ProtocolError)) throw this.copyOf(error)
      const { name, code, data } = error
      throw Object.assign(new Error(this.#credentials.hide(error.message)), {
        name,
        code,
        ...(data !== undefined && { data: JSON.parse(this.#credentials.hide(JSON.stringify(data))) as unknown }),
      })
    }
  }
}

interface Secrets {
  /** Texts that our own errors leave out. */
  readonly all: readonly string[]
  /** Texts that a model must never receive. */
  readonly credentials: readonly string[]
}

function secretsOfHttp({ url, headers = {} }: McpHttpOptions): Secrets {
  const address = new URL(url)
  const values = Object.values(headers).map(String).flatMap(credentialsOf)
  const { pathname } = address
  const parts = secretsOfUrl(address)
  return {
    all: [...parts, String(url), ...values],
    credentials: [...parts.filter((part) => !pathname.includes(part)), ...values],
  }
}

/** Returns the value of a header. In `Bearer …`, the credentials follow the scheme. */
const credentialsOf = (value: string): string[] => [value, value.replace(/^\S+\s+/, '')]

function secretsOfStdio({ command, args = [], env = {} }: McpStdioOptions): Secrets {
  const all: string[] = []
  const credentials: string[] = []
  const isLauncher = LAUNCHERS.includes(basename(command).replace(/\.(?:cmd|exe)$/i, ''))
  let isProgramKnown = false
  args.map(String).forEach((arg, index) => {
    if (FLAG.test(arg)) return
    const isProgram =
      !isProgramKnown && !arg.startsWith('-') && (isLauncher || PROGRAM.test(arg)) && !/[:=\s]/.test(arg)
    if (!arg.startsWith('-')) isProgramKnown = true
    if (isProgram) return
    all.push(...partsOf(arg))
    credentials.push(...passwordsOf(arg))
    const [, name, assigned] = ASSIGNMENT.exec(arg) ?? []
    const flag = String(args[index - 1] ?? '')
    if (name !== undefined && assigned !== undefined && NAME_OF_SECRET.test(name)) credentials.push(assigned)
    else if (flag.startsWith('-') && NAME_OF_SECRET.test(flag)) credentials.push(arg)
  })
  for (const [name, given] of Object.entries(env)) {
    const value = String(given)
    all.push(...partsOf(value))
    credentials.push(...(NAME_OF_SECRET.test(name) ? [value] : passwordsOf(value)))
  }
  return { all, credentials }
}

/** Returns the value of an argument or variable and, if it is an address, the parts of the address. */
function partsOf(text: string): string[] {
  const [, , assigned] = ASSIGNMENT.exec(text) ?? []
  // Keep the name of the flag readable, because it shows which one is wrong.
  const value = assigned === undefined || assigned.length < 3 ? text : assigned
  return [value, ...(isAddress(value) ? secretsOfUrl(new URL(value)) : [])]
}

/** Returns the password of an address such as `postgres://user:password@host/name`, and the address itself. */
function passwordsOf(text: string): string[] {
  const [, , value = text] = ASSIGNMENT.exec(text) ?? []
  if (!isAddress(value)) return []
  const { password, href } = new URL(value)
  return password === '' ? [] : [password, href, value]
}

const isAddress = (text: string): boolean => text.includes('://') && URL.canParse(text)

/** Replaces the response body in an SDK error message by the HTTP status, because the body may repeat the request. */
function withoutBody(error: Error): string {
  const { data } = error as { data?: { readonly status?: unknown; readonly text?: unknown } | undefined }
  if (typeof data?.status !== 'number' || typeof data.text !== 'string' || data.text === '') return error.message
  return error.message.replace(data.text, () => `HTTP ${data.status}`)
}
