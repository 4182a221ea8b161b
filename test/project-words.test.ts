import { expect, it } from 'vitest'
import { readText, trackedFiles } from './repository.ts'

/** What belongs to somebody's machine, tracker or registry, and not to the project. */
const FOREIGN: readonly RegExp[] = [
  /\bissues? #?\d+\b/i,
  /\(#\d+\)/,
  /(?<![\w.])\/(?:work|root|Users)\//,
  /(?<![\w.])\/home\/(?!web_user|user\/app\.js)/,
  /registry\.npmjs\.org|registry\.yarnpkg/,
  /\b(?:localhost|127\.0\.0\.1):4873\b/,
]

const foreignWords = (text: string): string[] => FOREIGN.flatMap((pattern) => pattern.exec(text)?.[0] ?? [])

it('speaks of itself alone', () => {
  // What servers of others said is theirs to word.
  const isOurs = (file: string) => !file.startsWith('test/project-words') && !/\/test\/data\/.*\.json$/.test(file)
  const files = trackedFiles().filter((file) => /\.(?:ts|mts|mjs|js|json|md|ya?ml)$|^\.ci\//.test(file) && isOurs(file))
  expect(files.length).toBeGreaterThan(80)
  expect(files.flatMap((file) => foreignWords(readText(file)).map((word) => `${file}: ${word}`))).toEqual([])
})

it.each(['see issue 12', 'fixed (#34)', '/root/x', '/home/someone/x', '/work/main'])('would find %s', (text) => {
  expect(foreignWords(`${text}/`)).not.toEqual([])
})
