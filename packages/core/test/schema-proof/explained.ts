/** Valid instances that a type may reject, because no readable type can accept them. Unused entries fail the test. */
export interface Explained {
  readonly file: string
  readonly group: string
  readonly test: string
  readonly reason: string
}

export const EXPLAINED: readonly Explained[] = []
