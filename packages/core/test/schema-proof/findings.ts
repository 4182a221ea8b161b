/** Collects the findings of the measurements and formats them for failing tests. */
import { EXPLAINED, type Explained } from './explained.ts'
import type { Measured } from './measure.ts'

export interface Finding {
  readonly subject: Measured
  readonly description: string
  readonly instance: unknown
}

/** Returns the valid instances that the type rejects. */
export const refused = (measured: readonly Measured[]): Finding[] => findings(measured, true)

/** Returns the invalid instances that the type accepts, although a type could reject them. */
export const slipped = (measured: readonly Measured[]): Finding[] => findings(measured, false)

function findings(measured: readonly Measured[], valid: boolean): Finding[] {
  return measured.flatMap((subject) =>
    subject.results
      .filter((result) => result.valid === valid && result.accepted !== valid)
      .map(({ description, instance }) => ({ subject, description, instance })),
  )
}

export const isExplainedBy = ({ subject, description }: Finding, { file, group, test }: Explained): boolean =>
  subject.path[1] === file && subject.path[2] === group && description === test

export const unexplained = (found: readonly Finding[]): Finding[] =>
  found.filter((finding) => !EXPLAINED.some((entry) => isExplainedBy(finding, entry)))

export const stale = (found: readonly Finding[]): Explained[] =>
  EXPLAINED.filter((entry) => !found.some((finding) => isExplainedBy(finding, entry)))

export function describeFinding({ subject, description, instance }: Finding): string {
  const { declarations, type } = subject.conversion
  const text = `${declarations}${type}`.replace(/\s+/g, ' ').trim()
  return [
    `${subject.path.join(' / ')}: ${description}`,
    `  schema   ${clip(JSON.stringify(subject.schema))}`,
    `  instance ${clip(JSON.stringify(instance))}`,
    `  type     ${clip(text)}`,
  ].join('\n')
}

const clip = (text: string): string => (text.length > 600 ? `${text.slice(0, 600)}…` : text)

/** Returns the conversions that failed or whose declarations do not compile. */
export const broken = (measured: readonly Measured[]): string[] =>
  measured
    .filter(({ problems }) => problems.length > 0)
    .map(
      ({ path, problems, schema }) =>
        `${path.join(' / ')}: ${problems.join('; ')}\n  schema ${clip(JSON.stringify(schema))}`,
    )
