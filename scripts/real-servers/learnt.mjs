import { isUndeclared } from '@glovebox/core/framework'

/**
 * @typedef {object} Learnt
 * @property {string} tool path of a tool that declares no output and was called
 * @property {string} type type of its results, on one line
 */

/**
 * Returns the types that a code mode has learnt of the tools that returned something.
 *
 * @returns {Learnt[]}
 */
export function learntTypes(codeMode, provider, calls) {
  const undeclared = new Set(
    provider.tools.filter(({ outputSchema }) => isUndeclared(outputSchema)).map(({ name }) => name),
  )
  const paths = new Set(calls.filter(({ outcome }) => outcome === 'returned').map(({ tool }) => tool))
  return codeMode
    .list({ limit: 50, detail: 'names' })
    .items.filter(({ path, name }) => paths.has(path) && undeclared.has(name))
    .map(({ path }) => ({ tool: path, type: typeIn(codeMode.describe(path)) }))
}

/** Returns the type of the result in a declaration. */
const typeIn = (declaration) => {
  const text = declaration
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replace(/\{\n\s*/g, '{ ')
    .replace(/\n\s*\}/g, ' }')
    .replace(/\n\s*/g, '; ')
  return /\): Promise<(.*)> \}[;\s]*$/.exec(text)?.[1] ?? text
}

/** Returns whether a type leaves something unknown. */
export const isUnknown = ({ type }) => /\bunknown\b/.test(type)
