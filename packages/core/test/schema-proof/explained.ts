/** Valid instances that a type may refuse, as no readable type can do better. An entry that is not needed fails. */
export interface Explained {
  readonly file: string
  readonly group: string
  readonly test: string
  readonly reason: string
}

export const EXPLAINED: readonly Explained[] = [
  {
    file: 'properties.json',
    group: 'properties whose names are Javascript object property names',
    test: 'none of the properties mentioned',
    reason:
      'To TypeScript every object has a toString and a constructor, so it compares those of {} with the optional ones.',
  },
]
