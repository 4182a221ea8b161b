/** Detail levels of declarations, from the most detailed to the least. */
export const STYLES = ['full', 'compact', 'signatures'] as const
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
  /** Whether types are included. Without them, every input and output is `unknown`. */
  readonly types: boolean
}

export const RULES: { readonly [style in Style]: StyleRules } = {
  full: {
    toolDoc: Number.POSITIVE_INFINITY,
    propertyDoc: Number.POSITIVE_INFINITY,
    constraints: true,
    examples: true,
    types: true,
  },
  compact: { toolDoc: 120, propertyDoc: 60, constraints: true, examples: false, types: true },
  signatures: { toolDoc: 80, propertyDoc: 0, constraints: false, examples: false, types: false },
}
