/**
 * A location in a schema, from the inside out. It is converted to a JSON Pointer only if there is a warning about it.
 */
export interface Place {
  /** Undefined for the root, whose step is ignored. */
  readonly parent: Place | undefined
  readonly step: string
}

/** A part of a schema that the type does not express. The type is then wider than the schema, never narrower. */
export interface SchemaWarning {
  /** JSON Pointer of the schema, as a URI fragment: `#/properties/a`. */
  readonly pointer: string
  readonly message: string
}

/** Maximum number of warnings, since a hostile schema may contain any number of mistakes. */
const MAX_WARNINGS = 100
const MAX_MESSAGE_LENGTH = 300
const MAX_POINTER_LENGTH = 500

/** Warnings of one conversion, without duplicates. */
export class Warnings {
  readonly list: SchemaWarning[] = []

  add(place: Place, message: string): void {
    if (this.list.length >= MAX_WARNINGS) return
    const warning = { pointer: pointerTo(place), message: message.slice(0, MAX_MESSAGE_LENGTH) }
    if (!this.list.some((known) => isSame(known, warning))) this.list.push(warning)
  }

  /**
   * Adds a warning about the whole schema before all others. If there are too many warnings, the last one is removed.
   */
  addFirst(message: string): void {
    this.list.unshift({ pointer: '#', message })
    if (this.list.length > MAX_WARNINGS) this.list.pop()
  }
}

const isSame = (left: SchemaWarning, right: SchemaWarning): boolean =>
  left.pointer === right.pointer && left.message === right.message

/** Returns a JSON Pointer. If it would be too long, it begins with `#/…` and contains only the last steps. */
function pointerTo(place: Place): string {
  const steps: string[] = []
  let length = 0
  for (let at = place; at.parent !== undefined; at = at.parent) {
    length += at.step.length
    if (length > MAX_POINTER_LENGTH) {
      steps.push('…')
      break
    }
    steps.push(at.step.replaceAll('~', '~0').replaceAll('/', '~1'))
  }
  return ['#', ...steps.reverse()].join('/')
}
