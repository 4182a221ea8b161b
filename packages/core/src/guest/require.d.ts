/** The bundler turns `require` of a constant into a module that is evaluated when the call is reached. */
declare function require(id: 'node-inspect-extracted'): typeof import('node-inspect-extracted')
declare function require(id: '@exodus/bytes/encoding-lite.js'): { TextDecoder: unknown }
declare function require(id: `core-js/modules/${string}`): unknown
