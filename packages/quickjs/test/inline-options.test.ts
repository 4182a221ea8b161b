import { quickjsInline } from '@glovebox/quickjs/inline'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import { expect, it } from 'vitest'

it.each([
  ['no options', undefined],
  ['no module', { variant }],
  ['an invalid module', { variant, module: {} }],
])('quickjsInline throws if it receives %s', (_, options) => {
  expect(() => quickjsInline(options as never)).toThrow(/quickjsInline needs `variant`/)
})
