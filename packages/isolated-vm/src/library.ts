import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SandboxError } from '@glovebox/core/adapter'

/** The version that goes with this Node: 6 is for Node 22, 7 for Node 24 and newer. */
const FITTING = Number(process.versions.node.split('.')[0]) >= 24 ? '7' : '6'
const INSTALL = `npm install isolated-vm@${FITTING}`

export interface Library {
  /** Of its main file. */
  readonly path: string
  readonly version: string
}

/** @throws `SandboxError` `SANDBOX_UNAVAILABLE` with the line that installs it */
export function findLibrary(): Library {
  // A bundle in CommonJS has no address of its own but its file's.
  const home = import.meta.url ?? pathToFileURL(__filename).href
  for (const start of [home, pathToFileURL(`${process.cwd()}/`).href]) {
    const path = resolveFrom(start)
    if (path !== undefined) return { path, version: readVersion(path) }
  }
  throw new SandboxError('SANDBOX_UNAVAILABLE', `isolated-vm is not installed: run \`${INSTALL}\``)
}

export function unavailable(detail: string): SandboxError {
  return new SandboxError(
    'SANDBOX_UNAVAILABLE',
    `isolated-vm does not run on Node ${process.versions.node} (${process.platform} ${process.arch}): ${detail.split('\n')[0]}. Run \`${INSTALL}\``,
  )
}

function resolveFrom(start: string): string | undefined {
  try {
    return createRequire(start).resolve('isolated-vm')
  } catch {
    return undefined
  }
}

function readVersion(path: string): string {
  const { version } = JSON.parse(readFileSync(join(dirname(path), 'package.json'), 'utf8')) as { version: string }
  return version
}
