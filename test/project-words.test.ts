import { expect, it } from 'vitest'
import { readText, trackedFiles } from './repository.ts'

/** Patterns of machine paths, issue numbers and registries, which do not belong in the repository. */
const FOREIGN: readonly RegExp[] = [
  /\bissues? #?\d+\b/i,
  /\(#\d+\)/,
  /(?<![\w.])\/(?:work|root|Users)\//,
  /(?<![\w.])\/home\/(?!web_user|user\/app\.js)/,
  /registry\.npmjs\.org|registry\.yarnpkg/,
  /\b(?:localhost|127\.0\.0\.1):4873\b/,
]

const foreignWords = (text: string): string[] => FOREIGN.flatMap((pattern) => pattern.exec(text)?.[0] ?? [])

it('the repository contains no machine paths, issue numbers or registries', () => {
  // Recorded data of other servers is excluded.
  const isOurs = (file: string) => !file.startsWith('test/project-words') && !/\/test\/data\/.*\.json$/.test(file)
  const files = trackedFiles().filter((file) => /\.(?:ts|mts|mjs|js|json|md|ya?ml)$|^\.ci\//.test(file) && isOurs(file))
  expect(files.length).toBeGreaterThan(80)
  expect(files.flatMap((file) => foreignWords(readText(file)).map((word) => `${file}: ${word}`))).toEqual([])
})

it.each(['see issue 12', 'fixed (#34)', '/root/x', '/home/someone/x', '/work/main'])('the check finds %s', (text) => {
  expect(foreignWords(`${text}/`)).not.toEqual([])
})
