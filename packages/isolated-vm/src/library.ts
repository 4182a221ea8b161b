import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { addressOf, resolveInstalled } from '@glovebox/adapter-node'
import { SandboxError } from '@glovebox/core/adapter'

/** Major version that fits this version of Node: 6 for Node 22, 7 for Node 24 and newer. */
const FITTING = Number(process.versions.node.split('.')[0]) >= 24 ? '7' : '6'
const INSTALL = `npm install isolated-vm@${FITTING}`

export interface Library {
  /** Path of the main file. */
  readonly path: string
  readonly version: string
}

/**
 * Finds the installed package `isolated-vm`.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` with the install command if it is not installed
 */
export function findLibrary(): Library {
  const path = resolveInstalled('isolated-vm', addressOf(import.meta.url))
  if (path !== undefined) return { path, version: readVersion(path) }
  throw new SandboxError('SANDBOX_UNAVAILABLE', `isolated-vm is not installed: run \`${INSTALL}\``)
}

/** Creates the error for an installed version that does not run on this version of Node. */
export function unavailable(detail: string): SandboxError {
  return new SandboxError(
    'SANDBOX_UNAVAILABLE',
    `isolated-vm does not run on Node ${process.versions.node} (${process.platform} ${process.arch}): ${detail.split('\n')[0]}. Run \`${INSTALL}\``,
  )
}

function readVersion(path: string): string {
  const { version } = JSON.parse(readFileSync(join(dirname(path), 'package.json'), 'utf8')) as { version: string }
  return version
}
