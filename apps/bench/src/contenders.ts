import { existsSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import type { Driver } from './driver.ts'

export interface Contender extends Pick<Driver, 'name' | 'version' | 'containment' | 'engine' | 'note' | 'nodeFlags'> {
  readonly id: string
  /** Address of the module with the driver. */
  readonly driver: string
  readonly kind: 'ours' | 'peer' | 'floor'
}

/** Ids of our sandboxes. */
export const OURS = ['quickjs', 'isolated-vm', 'workerd']
/** Bare engines: what others build on. */
const FLOORS = new Set(['isolated-vm', 'quickjs-bare', 'node-vm', 'function'])
const PEERS = new URL('../peers/', import.meta.url)

/** Returns our sandboxes and, if they are installed, the peers and the bare engines. */
export async function findContenders(): Promise<Contender[]> {
  const ours = OURS.map((id) => ({ id, kind: 'ours' as const, driver: new URL(`./drivers/${id}.ts`, import.meta.url) }))
  return Promise.all([...ours, ...findPeers()].map(describe))
}

function findPeers() {
  if (!existsSync(new URL('node_modules', PEERS))) return []
  return readdirSync(new URL('drivers', PEERS))
    .filter((file) => file.endsWith('.mjs'))
    .sort()
    .map((file) => {
      const name = basename(file, '.mjs')
      const kind = FLOORS.has(name) ? ('floor' as const) : ('peer' as const)
      return {
        id: kind === 'floor' ? `bare-${name.replace('-bare', '')}` : name,
        kind,
        driver: new URL(`drivers/${file}`, PEERS),
      }
    })
}

async function describe({ driver, ...contender }: { id: string; kind: Contender['kind']; driver: URL }) {
  const { name, version, containment, engine, note, nodeFlags } = (
    (await import(driver.href)) as { readonly default: Driver }
  ).default
  return { ...contender, driver: driver.href, name, version, containment, engine, nodeFlags, ...(note && { note }) }
}
