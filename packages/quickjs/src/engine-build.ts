/** Exact build of the engine, as recorded in journals. */
export const ENGINE = 'quickjs-emscripten@0.32.0/release-sync'
