import type { TokenStore } from '../contract/auth.ts'

/**
 * Creates a store that keeps credentials in a file that only its owner can read. Several processes may use it.
 *
 * @param path file. It and its folder are created when the first credentials are stored.
 */
export function fileTokenStore(path: string): TokenStore {
  const opened = import('./token-file.ts').then(({ openTokenFile }) => openTokenFile(path))
  return {
    get: async (key) => (await opened).get(key),
    set: async (key, value) => (await opened).set(key, value),
    delete: async (key) => (await opened).delete(key),
    exclusive: async (key, work) => (await opened).exclusive(key, work),
  }
}
