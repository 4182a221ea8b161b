/** A place in a schema, from the inside out: made into a pointer only when there is something to say of it. */
export interface Place {
  /** Undefined for the root, whose step is no matter. */
  readonly parent: Place | undefined
  readonly step: string
}

/** What a conversion could not say, and where. The type is then wider than the schema, never narrower. */
export interface SchemaWarning {
  /** JSON Pointer of the schema, as a URI fragment: `#/properties/a`. */
  readonly pointer: string
  readonly message: string
}

/** A hostile schema has as many mistakes as it likes. */
const MAX_WARNINGS = 100
const MAX_MESSAGE_LENGTH = 300
const MAX_POINTER_LENGTH = 500

/** The warnings of one conversion, each once. */
export class Warnings {
  readonly list: SchemaWarning[] = []

  add(place: Place, message: string): void {
    if (this.list.length >= MAX_WARNINGS) return
    const warning = { pointer: pointerTo(place), message: message.slice(0, MAX_MESSAGE_LENGTH) }
    if (!this.list.some((known) => isSame(known, warning))) this.list.push(warning)
  }

  /** A warning about the schema as a whole, which stands before all others and takes the place of one too many. */
  addFirst(message: string): void {
    this.list.unshift({ pointer: '#', message })
    if (this.list.length > MAX_WARNINGS) this.list.pop()
  }
}

const isSame = (left: SchemaWarning, right: SchemaWarning): boolean =>
  left.pointer === right.pointer && left.message === right.message

/** A pointer that would be too long begins with `#/…` and has only its last steps. */
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
