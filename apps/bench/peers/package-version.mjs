import { readFileSync } from 'node:fs'

/**
 * The version of an installed package, from its package.json.
 * @param {string} name The folder's name in node_modules.
 * @returns {string}
 */
export const packageVersion = (name) =>
  JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url), 'utf8')).version
