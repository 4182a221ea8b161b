import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type MarkdownEnv, type MarkdownRenderer } from 'vitepress'
import { nav, sidebar } from './navigation.ts'
import { EXCLUDED, pageOf, REPOSITORY, root, siteLink } from './repository.ts'

const inSite = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Path under which the site is served. Default: `/`. */
const base = process.env.SITE_BASE || '/'

/** Lets a page link to any file of the repository. */
function repositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    const { realPath, path } = env as MarkdownEnv
    const from = relative(root, realPath ?? path).replaceAll('\\', '/')
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (href !== null) token.attrSet('href', siteLink(href, from))
    }
  })
}

export default defineConfig({
  title: 'Glovebox',
  description: 'Lets a language model write one program that calls your tools, and runs it in a sealed sandbox.',
  lang: 'en',
  base,
  // Pages stay where they are in the repository; `rewrites` gives them their addresses.
  srcDir: '..',
  srcExclude: EXCLUDED,
  rewrites: pageOf,
  cleanUrls: true,
  // One file with the navigation instead of a copy in every page.
  metaChunk: true,
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}logo.svg` }],
    ['meta', { name: 'theme-color', content: '#0f766e' }],
    ['meta', { property: 'og:title', content: 'Glovebox' }],
    ['meta', { property: 'og:type', content: 'website' }],
  ],
  markdown: { config: repositoryLinks },
  themeConfig: {
    logo: '/logo.svg',
    nav: nav(),
    sidebar: sidebar(),
    outline: { level: [2, 3] },
    externalLinkIcon: true,
    socialLinks: [{ icon: 'github', link: REPOSITORY, ariaLabel: 'GitHub' }],
    editLink: { pattern: `${REPOSITORY}/edit/main/:path`, text: 'Edit this page on GitHub' },
    footer: { message: 'Released under the MIT License.' },
    search: {
      provider: 'local',
      options: {
        // The index has no use for the colours of code, which take most of the time.
        _render: (source, env, markdown) => {
          markdown.set({ highlight: null })
          const html = markdown.render(source, env)
          return env.frontmatter?.search === false ? '' : html
        },
        miniSearch: {
          searchOptions: {
            // Pages rank above the API reference, which repeats most words.
            boostDocument: (id: string) => (id.includes('/api/') ? 0.5 : 1),
          },
        },
      },
    },
  },
  transformPageData(page) {
    // TypeDoc writes these pages: they are edited in the sources, which each page links.
    if (!page.relativePath.startsWith('api/')) return
    page.frontmatter.editLink = false
    page.frontmatter.pageClass = 'api'
  },
  vite: {
    publicDir: inSite('public'),
    // The largest file is the search index, which loads when the search opens.
    build: { chunkSizeWarningLimit: 2_000 },
    plugins: [
      {
        name: 'vue-of-the-site',
        enforce: 'pre',
        // Pages outside this folder import Vue, which only this folder has.
        resolveId(id, importer, { ssr }) {
          if (!/^vue(?:\/|$)/.test(id) || importer?.startsWith(inSite(''))) return null
          return ssr ? { id, external: true } : this.resolve(id, inSite('package.json'), { skipSelf: true })
        },
      },
    ],
  },
})
