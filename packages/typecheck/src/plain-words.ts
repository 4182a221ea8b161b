/** Maximum number of properties that a message lists. */
const MAX_KEYS = 12

const meant = (name: string | undefined): string => (name === undefined ? '' : ` Did you mean \`${name}\`?`)

/** Says which properties a type has, if it is one object, or a list of them. */
function keysOf(type = ''): string {
  const isList = type.endsWith('[]')
  const body = /^\{([\s\S]*)\}$/.exec(isList ? type.slice(0, -2) : type)?.[1]
  if (body === undefined) return ''
  const keys: string[] = []
  let depth = 0
  for (const [part] of body.matchAll(/[{}()[\]<>]|(?:^|;)\s*(?:[\p{ID_Continue}$]+|"[^"]*")\??\s*:/gu)) {
    if (/^[{([<]$/.test(part)) depth++
    else if (/^[})\]>]$/.test(part)) depth--
    else if (depth === 0) keys.push(part.replace(/[;:\s]/g, ''))
  }
  if (keys.length === 0) return ''
  const more = keys.length > MAX_KEYS ? ', …' : ''
  return ` It ${isList ? 'is a list of objects with' : 'has'} ${keys.slice(0, MAX_KEYS).join(', ')}${more}.`
}

/** TypeScript's messages, with what they mean for a program that calls tools. */
const WORDINGS: readonly (readonly [message: RegExp, plain: (...parts: string[]) => string])[] = [
  [
    /^Object literal may only specify known properties, (?:and|but) '(.+?)' does not exist in type '([\s\S]*?)'\.(?: Did you mean to write '(.+?)'\?)?$/,
    (name, type, similar) => `The input has no property \`${name}\`.${meant(similar)}${keysOf(type)}`,
  ],
  [/^Property '(.+?)' is missing in type '[\s\S]*$/, (name) => `The input lacks the property \`${name}\`.`],
  [
    /^Type '[\s\S]*' is missing the following properties from type '[\s\S]*': (.+)$/,
    (names) => `The input lacks the properties ${names}.`,
  ],
  [
    /^Property '(.+?)' does not exist on type 'Promise<[\s\S]*$/,
    (name) => `A promise has no property \`${name}\`. Is an await missing?`,
  ],
  [
    /^Property '(.+?)' does not exist on type '([\s\S]*?)'\.(?: Did you mean '(.+?)'\?)?$/,
    (name, type, similar) => `There is no property \`${name}\`.${meant(similar)}${keysOf(type)}`,
  ],
  [
    /^Type '([\s\S]*?)' is not assignable to type '([\s\S]*?)'\.(?: Did you mean '(.+?)'\?)?$/,
    (given, wanted, similar) => `The value must be ${wanted}, not ${given}.${meant(similar)}`,
  ],
  [/^Expected \d+ arguments?, but got 0\.$/, () => 'The call needs an input.'],
  [
    /^This comparison appears to be unintentional because the types '([\s\S]*?)' and '([\s\S]*?)' have no overlap\.$/,
    (left, right) => `This comparison is never true: ${left} is compared with ${right}.`,
  ],
  [
    /^Cannot find name '(.+?)'\.(?: Did you mean '(.+?)'\?| Do you need to .*)?$/,
    (name, similar) => `There is no variable, global or tool \`${name}\`.${meant(similar)}`,
  ],
  [/^'(.+?)' only refers to a type, .*$/, (name) => `There is no variable, global or tool \`${name}\`.`],
]

/** Turns a message of TypeScript into what a model needs. Messages without a wording stay as they are. */
export function inPlainWords(message: string): string {
  const [first = '', ...rest] = message.split('\n')
  // The innermost reason is the one to act on.
  const reason = rest.findLast((line) => /missing|not assignable|does not exist/.test(line))
  const isPromise = /type 'Promise</.test(first)
  const plain = reworded(reason?.trim() ?? first)
  return isPromise && !plain.includes('await') ? `${plain} Is an await missing?` : plain
}

function reworded(message: string): string {
  for (const [pattern, plain] of WORDINGS) {
    const match = pattern.exec(message)
    if (match !== null) return plain(...match.slice(1))
  }
  return message
}
