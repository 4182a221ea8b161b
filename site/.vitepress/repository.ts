/** Maps files of the repository to pages of the site. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const REPOSITORY = 'https://github.com/glovebox-engine/glovebox'

/** Files that are no pages. All paths are relative to the root of the repository. */
export const EXCLUDED = [
  '*.md',
  '{apps,scripts,test}/**',
  'docs/api/**',
  'packages/*/!(README.md)/**',
  'packages/*/!(README).md',
]

/** Returns the file of the site that a file of the repository becomes. */
export function pageOf(file: string): string {
  return file
    .replace(/^packages\/([^/]+)\/README\.md$/, 'packages/$1.md')
    .replace(/^(?:docs|site)\//, '')
    .replace(/(^|\/)README\.md$/, '$1index.md')
}

const isPage = (file: string): boolean =>
  /^(?:docs\/(?!api\/)|site\/api\/).*\.md$|^packages\/[^/]+\/README\.md$|^site\/index\.md$/.test(file)

/**
 * Returns where a link of a file leads on the site: to a page, or to the repository on GitHub for other files. Links to
 * files that do not exist stay as they are, so that they fail the build.
 */
export function siteLink(href: string, from: string): string {
  const [target = '', anchor] = href.split('#')
  const hash = anchor === undefined ? '' : `#${anchor}`
  const absolute = /^https:\/\/github\.com\/glovebox-engine\/glovebox\/(?:blob|tree)\/main\/([^?]+)$/.exec(target)?.[1]
  if (target === '' || (absolute === undefined && /^(?:[a-z]+:|\/)/i.test(target))) return href
  const file = absolute ?? posix.join(posix.dirname(from), decodeURI(target))
  for (const candidate of [file, posix.join(file, 'README.md')])
    if (isPage(candidate) && existsSync(join(root, candidate))) return `/${pageOf(candidate)}${hash}`
  if (absolute !== undefined || !existsSync(join(root, file))) return href
  return `${REPOSITORY}/${statSync(join(root, file)).isDirectory() ? 'tree' : 'blob'}/main/${file}${hash}`
}

/** Returns the first heading of a page. */
function titleOf(file: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(join(root, file), 'utf8'))?.[1]
  if (heading === undefined) throw new Error(`${file} has no heading of the first level`)
  return heading.replaceAll('`', '')
}

export interface Page {
  readonly text: string
  readonly link: string
}

/** Returns the pages of a folder: first those of the names, in their order, then the others by file name. */
export function pagesOf(folder: string, first: readonly string[] = []): Page[] {
  const names = readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length))
    .sort()
  const ordered = [...first.filter((name) => names.includes(name)), ...names.filter((name) => !first.includes(name))]
  return ordered.map((name) => pageAt(`${folder}/${name}.md`))
}

export function pageAt(file: string): Page {
  const link = pageOf(file).replace(/(?:index)?\.md$/, '')
  return { text: titleOf(file), link: `/${link}` }
}

/** Returns the folders of `docs` that have pages. */
export const foldersOfDocs = (): string[] =>
  readdirSync(join(root, 'docs'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'api')
    .map(({ name }) => name)
    .sort()
