/**
 * @typedef {object} Learnt
 * @property {string} tool path of a tool that declares no output and was called
 * @property {string} type type of its results, on one line
 */

/**
 * Returns the whole types of the results that a program was the first to see.
 *
 * @returns {Learnt[]}
 */
export const learntTypes = (codeMode, observed) =>
  observed.map(({ tool }) => ({ tool, type: typeIn(codeMode.describe(tool)) }))

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
