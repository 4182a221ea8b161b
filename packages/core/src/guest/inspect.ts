import { define, loadLibrary } from './define.ts'

type Inspector = typeof import('node-inspect-extracted')

let loaded: Inspector | undefined

/** Node's own formatter, extracted. It is as large as the rest of the runtime, so it is evaluated when first needed. */
function inspector(): Inspector {
  if (loaded !== undefined) return loaded
  // On loading it copies a few built-ins that guests do not have.
  const stands = { Atomics: {}, FinalizationRegistry: class {}, WeakRef: class {} }
  loaded = loadLibrary(() => require('node-inspect-extracted') as Inspector, [], stands)
  // Stacks differ between engines; a message and what hangs on the error do not.
  define(Error.prototype, loaded.inspect.custom, function (this: Error, depth: number, options: object) {
    const extras = Object.entries(Object.getOwnPropertyDescriptors(this)).filter(
      ([key, property]) => (property.enumerable || key === 'cause' || key === 'errors') && key !== 'stack',
    )
    const text = `[${this.name}${this.message === '' ? '' : `: ${this.message}`}]`
    if (extras.length === 0) return text
    const shown = Object.fromEntries(extras.map(([key, property]) => [key, property.value]))
    return depth < 0 ? text : `${text} ${(loaded as Inspector).inspect(shown, { ...options, depth })}`
  })
  return loaded
}

/** A value as Node's `util.inspect` shows it. */
export function inspect(value: unknown, options?: object): string {
  return primitiveText(value) ?? inspector().inspect(value, options)
}

/** Arguments as Node's `console.log` joins them, `%s` and its kin included. */
export function format(values: readonly unknown[]): string {
  let text = ''
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    const part = typeof value === 'string' ? value : primitiveText(value)
    if (part === undefined || (index === 0 && typeof value === 'string' && value.includes('%') && values.length > 1)) {
      return inspector().format(...(values as [unknown, ...unknown[]]))
    }
    text += index === 0 ? part : ` ${part}`
  }
  return text
}

/** What needs no formatter, so that most programs never load it. */
function primitiveText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return value === 0 && 1 / value < 0 ? '-0' : `${value}`
    case 'bigint':
      return `${value}n`
    case 'boolean':
    case 'undefined':
      return `${value}`
    default:
      return value === null ? 'null' : undefined
  }
}
