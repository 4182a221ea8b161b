import type { PolicyRule } from '@glovebox/core'

/** Options that choose which calls are asked about or denied. */
export interface PolicyFlags {
  readonly ask?: readonly string[]
  readonly deny?: readonly string[]
}

export const policyOf = ({ ask = [], deny = [] }: PolicyFlags): PolicyRule[] => [
  ...(ask.length === 0 ? [] : [{ tools: ask, effect: 'ask' as const }]),
  ...(deny.length === 0 ? [] : [{ tools: deny, effect: 'deny' as const }]),
]
