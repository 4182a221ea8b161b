import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FOLDER, LIBRARY } from './engine.ts'

/** Version of the language that guests run. */
const LANGUAGE = 'es2025'
/** Globals of the language that guests do not have: shared memory, and what would show when memory is collected. */
const ABSENT = /^declare var (?:SharedArrayBuffer|Atomics|WeakRef|FinalizationRegistry)\b.*$/gm

/** Matches a library that is a module, whose own names are not global. */
const MODULE = /^export \{\}/m

/**
 * Returns the declarations of the language that guests run, as files by name: one with everything, and one for each module.
 * TypeScript merges the declarations of all files for each check, which takes most of its time if there are sixty of them.
 *
 * @param folder folder with the files of TypeScript's libraries
 */
export function languageLibrary(folder: string): ReadonlyMap<string, string> {
  const added = new Set<string>()
  const modules = new Map<string, string>()
  let everything = ''
  const add = (name: string): void => {
    if (added.has(name)) return
    added.add(name)
    const text = readFileSync(join(folder, `lib.${name}.d.ts`), 'utf8')
    for (const [, other = ''] of text.matchAll(/^\/\/\/ <reference lib="(.*?)"/gm)) add(other)
    const own = text.replaceAll(/^\/\/\/ <reference .*$/gm, '')
    if (MODULE.test(own)) modules.set(`${FOLDER}/${name}.d.ts`, own)
    else everything += `${own}\n`
  }
  add(LANGUAGE)
  return new Map([[LIBRARY, everything.replaceAll(ABSENT, '')], ...modules])
}
