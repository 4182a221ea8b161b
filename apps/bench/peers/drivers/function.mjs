/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

const AsyncFunction = /** @type {any} */ (async () => {}).constructor

export default {
  name: 'AsyncFunction',
  version: process.versions.node,
  containment: 'none',
  engine: 'v8',
  note: "A floor: the program runs in the host's own realm, so a global that it sets would stay: globalThis is shadowed by an empty object; no limit of time or memory.",
  nodeFlags: [],
  /** @param {Record<string, Tool>} tools */
  async create(tools) {
    return {
      /** @param {string} body */
      run: (body) => new AsyncFunction('tools', 'globalThis', body)(tools, {}),
      async close() {},
    }
  },
}
