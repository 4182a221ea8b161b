/**
 * Plugin for TypeDoc: names each module after the specifier that a program imports, such as `@glovebox/core/adapter`, and shortens the
 * lists of re-exported names.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Converter, ReflectionKind } from 'typedoc'
import { MarkdownPageEvent } from 'typedoc-plugin-markdown'

const packages = fileURLToPath(new URL('../packages', import.meta.url))

/** Returns the names of the packages, by folder. */
function packageNames() {
  return new Map(
    readdirSync(packages).map((folder) => [
      folder,
      JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8')).name,
    ]),
  )
}

/** Turns the line about the source into a link with a class. */
const shortenSources = (page) => page.replace(/^Defined in: (\[.+\]\(.+\))$/gm, '$1{.source}')

/** Turns headings with one line each into one list. */
function shortenReferences(page) {
  const start = page.indexOf('\n## References\n')
  if (start === -1) return page
  const end = page.indexOf('\n## ', start + 1)
  const section = page.slice(start, end === -1 ? undefined : end)
  const names = [...section.matchAll(/^(?:Re-exports|Renames and re-exports) (.+)$/gm)].map(([, link]) => `- ${link}`)
  return `${page.slice(0, start)}\n## Re-exports\n\n${names.join('\n')}\n${end === -1 ? '' : page.slice(end)}`
}

/** Puts the main package first in the list of modules. */
const startWithMain = (page) => page.replace(/^((?:- .+\n)*)(- \[glovebox\].+)$/m, '$2\n$1')

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const names = packageNames()
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const [, folder, entry] = /packages\/([^/]+)\/src\/(?:entries\/)?(.+)\.ts$/.exec(module.sources[0].fullFileName)
      const subpath = entry === 'index' ? '' : `/${entry}`
      module.name = names.get(folder) + subpath
    }
  })
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    const contents = shortenReferences(shortenSources(page.contents ?? ''))
    page.contents = page.url === 'index.md' ? startWithMain(contents) : contents
  })
}
