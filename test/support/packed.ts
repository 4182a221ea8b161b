import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const packages = fileURLToPath(new URL('../../packages', import.meta.url))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifestOf = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(packages, folder, 'package.json'), 'utf8'))

/** Returns the folders of a package and of all workspace packages that it depends on. */
async function closureOf(folder: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(folder)) return found
  found.add(folder)
  const { dependencies = {} } = await manifestOf(folder)
  const ours = Object.keys(dependencies).filter((name) => name.startsWith('@glovebox/'))
  for (const name of ours) await closureOf(name.slice('@glovebox/'.length), found)
  return found
}

/**
 * Packs packages and their workspace dependencies as for publishing.
 *
 * @param folders folders in `packages`
 * @returns paths of the tarballs
 */
export async function pack(folders: readonly string[], into: string): Promise<string[]> {
  await mkdir(into, { recursive: true })
  const all = new Set<string>()
  for (const folder of folders) await closureOf(folder, all)
  return await Promise.all(
    [...all].map(async (folder) => {
      const { name, version } = await manifestOf(folder)
      const command = ['-y', 'pnpm@12.21.0', '--silent', 'pack', '--pack-destination', into]
      await run('npx', command, { cwd: join(packages, folder) })
      return join(into, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
    }),
  )
}

/** Installs tarballs and npm packages into a project. */
export async function install(project: string, names: readonly string[]): Promise<void> {
  await mkdir(project, { recursive: true })
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', ...names], {
    cwd: project,
  })
}
