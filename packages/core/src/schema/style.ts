/**
 * Detail levels of declarations, from the most detailed to the least. `signatures`: one line for each tool, with the names
 * of its parameters and the keys of its result. `index`: the names of tools, as many as fit.
 */
export const STYLES = ['full', 'compact', 'signatures', 'index'] as const
/** Detail level of declarations. */
export type Style = (typeof STYLES)[number]

export interface StyleRules {
  /** Maximum length of a tool's description, in characters. It is cut at the end of a sentence if possible. */
  readonly toolDoc: number
  /** Maximum length of a property's description, in characters. */
  readonly propertyDoc: number
  /** Whether formats, ranges, patterns and similar constraints are included. */
  readonly constraints: boolean
  readonly examples: boolean
}

/** The styles with types. */
export type TypedStyle = Exclude<Style, 'signatures' | 'index'>

export const RULES: { readonly [style in TypedStyle]: StyleRules } = {
  full: {
    toolDoc: Number.POSITIVE_INFINITY,
    propertyDoc: Number.POSITIVE_INFINITY,
    constraints: true,
    examples: true,
  },
  compact: { toolDoc: 120, propertyDoc: 60, constraints: true, examples: false },
}
