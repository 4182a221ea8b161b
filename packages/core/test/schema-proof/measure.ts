/** Measures conversions over instances of known validity. */
import type { Conversion } from './convert.ts'
import type { Schema } from './subschemas.ts'
import { checkTypes } from './typescript-check.ts'

/** An instance that is valid, or invalid in a way that TypeScript can express. */
export interface Sample {
  readonly description: string
  readonly instance: unknown
  readonly valid: boolean
}

export interface Subject {
  /** Origin of the schema: draft, file and group, or server, tool and position. */
  readonly path: readonly string[]
  readonly schema: Schema
  readonly conversion: Conversion
  readonly samples: readonly Sample[]
}

export interface Measured extends Subject {
  /** Reasons why the conversion failed or its declarations do not compile. */
  readonly problems: readonly string[]
  readonly results: readonly (Sample & { readonly accepted: boolean })[]
}

export interface Tally {
  valid: number
  validAccepted: number
  invalid: number
  invalidRejected: number
}

export function measure(subjects: readonly Subject[]): Measured[] {
  const verdicts = checkTypes(
    subjects.map(({ conversion, samples }) => ({
      declarations: conversion.declarations,
      type: conversion.type,
      instances: samples.map(({ instance }) => instance),
    })),
  )
  return subjects.map((subject, index) => {
    const { problems, accepted } = verdicts[index] ?? { problems: ['not checked'], accepted: [] }
    const { failure } = subject.conversion
    return {
      ...subject,
      problems: failure === undefined ? problems : [failure, ...problems],
      results: subject.samples.map((sample, at) => ({ ...sample, accepted: accepted[at] === true })),
    }
  })
}

export function tally(measured: readonly Measured[]): Tally {
  const counts: Tally = { valid: 0, validAccepted: 0, invalid: 0, invalidRejected: 0 }
  for (const { valid, accepted } of measured.flatMap(({ results }) => results)) {
    counts[valid ? 'valid' : 'invalid']++
    if (valid && accepted) counts.validAccepted++
    if (!valid && !accepted) counts.invalidRejected++
  }
  return counts
}

export const soundness = ({ valid, validAccepted }: Tally): number => (valid === 0 ? 1 : validAccepted / valid)
export const precision = ({ invalid, invalidRejected }: Tally): number =>
  invalid === 0 ? 1 : invalidRejected / invalid
