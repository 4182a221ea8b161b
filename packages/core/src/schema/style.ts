/** How much the declarations say. */
export const STYLES = ['full', 'compact', 'signatures'] as const
export type Style = (typeof STYLES)[number]

export interface StyleRules {
  /** Of a tool's description, in characters; cut at the end of a sentence where there is one. */
  readonly toolDoc: number
  /** Of a property's. */
  readonly propertyDoc: number
  /** Whether formats, ranges, patterns and the like are said. */
  readonly constraints: boolean
  readonly examples: boolean
  /** Whether types are written, or only what tools there are. */
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
