import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, resolve, sep } from 'node:path'

/** A value that a configuration asks the user for. */
export interface McpInput {
  readonly id: string
  readonly description: string
  /** Whether the value should not be shown while it is typed. */
  readonly isSecret: boolean
  readonly options?: readonly string[]
  readonly default?: string
}

/** Values of placeholders. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder of the project. */
  readonly cwd: string
  /** Values that the file asks for, by id. */
  readonly inputs: ReadonlyMap<string, McpInput>
  /** Asks the user. Undefined if the host cannot ask. */
  readonly ask: ((input: McpInput) => Promise<string>) | undefined
  /** Whether `$NAME` is a placeholder anywhere in a text. Otherwise it is one only if it is the whole text. */
  readonly hasBareNames: boolean
}

/** The reason why a text cannot be used, for the end of an error message. */
export class PlaceholderError extends Error {}

const BRACED = /\$\{([^{}]*)\}|\{(env|file):([^{}]*)\}/g
const BARE = /\$([A-Za-z_]\w*)/g
const WHOLE = /^\$([A-Za-z_]\w*)$/

/**
 * Replaces the placeholders of a text: `${NAME}`, `${NAME:-default}`, `${env:NAME}`, `${workspaceFolder}`, `${userHome}`,
 * `${input:id}` and others that hosts use, `{env:NAME}`, `{file:path}`, and `$NAME`.
 *
 * @throws {@link PlaceholderError} for one that is not known, or has no value
 */
export async function expandPlaceholders(text: string, around: Surroundings): Promise<string> {
  const whole = WHOLE.exec(text)?.[1]
  if (whole !== undefined) return variable(whole, undefined, around)
  const parts: (string | Promise<string>)[] = []
  let from = 0
  const add = (plain: string) => parts.push(around.hasBareNames ? withoutBareNames(plain, around) : plain)
  for (const { 0: all, 1: braced, 2: kind, 3: named = '', index } of text.matchAll(BRACED)) {
    add(text.slice(from, index))
    parts.push(
      braced !== undefined
        ? valueOf(braced, around)
        : kind === 'env'
          ? variable(named, undefined, around)
          : fileOf(named, around),
    )
    from = index + all.length
  }
  add(text.slice(from))
  return (await Promise.all(parts)).join('')
}

const withoutBareNames = (text: string, around: Surroundings): string =>
  text.replace(BARE, (_, name: string) => variable(name, undefined, around))

function valueOf(placeholder: string, around: Surroundings): string | Promise<string> {
  const { cwd } = around
  switch (placeholder) {
    case 'workspaceFolder':
    case 'workspaceRoot':
    case 'cwd':
    case 'projectRoot':
      return cwd
    case 'workspaceFolderBasename':
      return basename(cwd)
    case 'userHome':
      return around.env.HOME ?? homedir()
    case 'pathSeparator':
    case '/':
      return sep
  }
  const [, kind, name = ''] = /^(\w+):(?!-)(.*)$/s.exec(placeholder) ?? []
  if (kind === 'env') {
    const [, variableName = '', fallback] = /^(\w+)(?::-?(.*))?$/s.exec(name) ?? []
    return variable(variableName, fallback, around)
  }
  if (kind === 'input') return inputOf(name, around)
  const [, plain, fallback] = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(placeholder) ?? []
  if (plain === undefined) throw new PlaceholderError(`has the placeholder \${${placeholder}}, which is not supported`)
  return variable(plain, fallback, around)
}

function variable(name: string, fallback: string | undefined, { env }: Surroundings): string {
  const value = env[name] ?? fallback
  if (value === undefined) throw new PlaceholderError(`needs the environment variable ${name}, which is not set`)
  return value
}

async function inputOf(id: string, { inputs, ask }: Surroundings): Promise<string> {
  const input = inputs.get(id)
  if (input === undefined) throw new PlaceholderError(`needs the input ${id}, which the file does not describe`)
  if (ask === undefined) {
    if (input.default !== undefined && input.default !== '') return input.default
    throw new PlaceholderError(
      `needs the input ${id}, which cannot be asked for here: replace it by an environment variable`,
    )
  }
  return await ask(input)
}

function fileOf(path: string, { cwd, env }: Surroundings): string {
  const file = resolve(cwd, path.replace(/^~(?=[\\/])/, env.HOME ?? homedir()))
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new PlaceholderError(
      `needs the file ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code})`,
    )
  }
}
