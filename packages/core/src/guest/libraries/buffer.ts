import { Buffer } from 'buffer/index.js'

Object.defineProperty(globalThis, 'Buffer', { value: Buffer, configurable: true })
