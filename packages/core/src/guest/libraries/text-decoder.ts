import { TextDecoder } from '@exodus/bytes/encoding-lite.js'

Object.defineProperty(globalThis, 'TextDecoder', { value: TextDecoder, configurable: true })
