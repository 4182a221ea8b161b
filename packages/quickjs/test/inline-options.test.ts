import { quickjsInline } from '@glovebox/quickjs/inline'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import { expect, it } from 'vitest'

it.each([
  ['no options', undefined],
  ['no module', { variant }],
  ['what is no module', { variant, module: {} }],
])('says at once that it was given %s', (_, options) => {
  expect(() => quickjsInline(options as never)).toThrow(/quickjsInline needs `variant`/)
})
