import { define } from './define.ts'

/** Numeric codes, by name, for the names that have one (Web IDL, table of DOMException names). */
const CODES: Record<string, number> = {
  InvalidCharacterError: 5,
  InvalidStateError: 11,
  SyntaxError: 12,
  TypeMismatchError: 17,
  AbortError: 20,
  QuotaExceededError: 22,
  TimeoutError: 23,
  DataCloneError: 25,
}

export class DOMException extends Error {
  constructor(message = '', name = 'Error') {
    super(message)
    define(this, 'name', `${name}`)
  }
  get code(): number {
    return CODES[this.name] ?? 0
  }
}
define(DOMException.prototype, Symbol.toStringTag, 'DOMException')

export const domException = (message: string, name: string): DOMException => new DOMException(message, name)
