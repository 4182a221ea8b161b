/** Valid instances that a type may refuse, as no readable type can do better. An entry that is not needed fails. */
export interface Explained {
  readonly file: string
  readonly group: string
  readonly test: string
  readonly reason: string
}

export const EXPLAINED: readonly Explained[] = []
