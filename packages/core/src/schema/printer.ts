import { type Budget, UNBOUNDED } from './bounds.ts'
import { distinct } from './distinct.ts'
import { docComment } from './doc.ts'
import { propertyKey, type TypeNames } from './names.ts'
import { type EntryMember, type ObjectNode, type PrintNode, type Signature, use } from './print-node.ts'
import { PrintNodes } from './print-nodes.ts'
import type { Definition, Member, Type } from './type.ts'

/** Precedence of the outermost operator of a text, which determines where parentheses are needed. */
const BINDING = { union: 0, intersection: 1, primary: 2 } as const
type Binding = (typeof BINDING)[keyof typeof BINDING]

export const INDENT = '  '
/** Maximum length of a line, in characters. A shorter object without comments is printed on one line. */
const MAX_LINE = 72
/** Cost of a name in characters: of its declaration, and of each use. */
const DECLARATION_COST = 24
const USE_COST = 10
/**
 * Minimum length of a type that gets a name, in characters. A shorter type is easier to read in place, even if it is
 * repeated: `string | null`.
 */
const MIN_NAMED = 40
/**
 * Maximum indentation, in characters. A more deeply nested object gets a name, so that indentation cannot multiply the
 * text.
 */
const MAX_INDENT = 60
/** Maximum size that is measured, in characters. */
const ENOUGH = 100_000

/** Documentation that is printed with types, and the indentation of the text. */
export interface Docs {
  readonly indent: string
  member(member: Member, key: string): string
  definition(definition: Definition): string
}

/**
 * Prints types that share one scope. Recursive types and long repeated types get names, so that the text grows with the
 * size of the schemas and not with the number of references.
 */
export class Printer {
  readonly #entries: PrintNodes
  readonly #names: TypeNames
  readonly #docs: Docs
  readonly #indent: string
  readonly #roots = new Map<Definition, { readonly entry: PrintNode; readonly doc: string }>()
  readonly #named = new Map<PrintNode | Definition, string>()
  readonly #pending: { readonly name: string; readonly entry: PrintNode; readonly doc: string }[] = []

  #comments = UNBOUNDED

  constructor(names: TypeNames, docs: Docs) {
    this.#names = names
    this.#docs = docs
    this.#indent = docs.indent
    this.#entries = new PrintNodes((member, key) => docs.member(member, key))
  }

  /**
   * Adds a type. Add all types before printing, since only then are all repeated types known.
   *
   * @param budget budget for the text, in characters; what exceeds it becomes `unknown`
   */
  add(type: Type, hint: string, budget: Budget): PrintNode {
    this.#entries.budget = budget
    const entry = this.#entries.of(type, hint)
    use(entry)
    this.#addDefinitions(budget)
    this.#entries.forgetTypes()
    return entry
  }

  /**
   * Budget for the comments in the following texts, in characters. Once it is spent, comments are left out. Their lines
   * are indented, so their size is known only when they are printed.
   */
  set comments(comments: Budget) {
    this.#comments = comments
  }

  /** Returns the text of a node, and declarations of the named types that it needs and that were not printed before. */
  print(entry: PrintNode): { readonly type: string; readonly declarations: string } {
    const type = this.#text(entry, this.#indent)
    return { type, declarations: this.#drain() }
  }

  /** Prints a node as the declaration of a named type. */
  declare(entry: PrintNode, wanted: string): { readonly type: string; readonly declarations: string } {
    const name = this.#named.get(entry) ?? this.#name(entry, entry, wanted, '')
    return { type: name, declarations: this.#drain() }
  }

  /** Returns the approximate length of a node where it is printed, in characters. */
  size(entry: PrintNode): number {
    if (entry.size !== undefined) return entry.size
    entry.size = Math.min(this.#measure(entry), ENOUGH)
    return entry.size
  }

  #measure(entry: PrintNode): number {
    switch (entry.op) {
      case 'text':
        return entry.text.length
      case 'named':
        return USE_COST
      case 'object': {
        let size = 0
        for (const { key, doc, type } of entry.members) size += key.length + doc.length + 8 + this.#sizeOfUse(type)
        for (const { keys, type } of entry.signatures) size += keys.length + 10 + this.#sizeOfUse(type)
        return size
      }
      case 'list':
        return 2 + this.#sizeOfUse(entry.element)
      case 'tuple': {
        let size = entry.rest === undefined ? 0 : this.#sizeOfUse(entry.rest)
        for (const element of entry.elements) size += 2 + this.#sizeOfUse(element)
        return size
      }
      case 'union':
      case 'intersection': {
        let size = 0
        for (const part of entry.parts) size += 3 + this.#sizeOfUse(part)
        return size
      }
      default:
        return entry satisfies never
    }
  }

  #sizeOfUse(entry: PrintNode): number {
    return this.#isShared(entry) ? USE_COST : this.size(entry)
  }

  /** Adds each named type once, since it may repeat parts of other types. */
  #addDefinitions(budget: Budget): void {
    for (let definition = this.#entries.newDefinition(); definition; definition = this.#entries.newDefinition()) {
      const doc = this.#docs.definition(definition)
      const isAffordable = budget.tryTake(doc.length + DECLARATION_COST)
      const entry = this.#entries.of(definition.type as Type, definition.hint)
      this.#roots.set(definition, { entry, doc: isAffordable ? doc : '' })
    }
  }

  /** Returns whether naming a node is shorter than repeating it. */
  #isShared(entry: PrintNode): boolean {
    if (entry.uses < 2 || !isNameable(entry)) return false
    const size = this.size(entry)
    return size >= MIN_NAMED && (entry.uses - 1) * size > DECLARATION_COST + entry.uses * USE_COST
  }

  #drain(): string {
    let declarations = ''
    // Printing may append to the list.
    for (const { name, entry, doc } of this.#pending) {
      declarations += `${this.#comment(doc, this.#indent)}${this.#indent}type ${name} = ${this.#body(entry, name)}\n`
    }
    this.#pending.length = 0
    return declarations
  }

  /** Returns the text of a named type. It may be an alias of another named type, but never of itself. */
  #body(entry: PrintNode, name: string): string {
    const isAlias = this.#named.get(entry) !== name && this.#named.has(entry)
    return isAlias ? (this.#named.get(entry) as string) : this.#unnamed(entry, this.#indent)
  }

  #name(key: PrintNode | Definition, entry: PrintNode, hint: string, doc: string): string {
    const name = this.#names.claim(hint)
    this.#named.set(key, name)
    if (isNameable(entry)) this.#named.set(entry, name)
    this.#pending.push({ name, entry, doc })
    return name
  }

  #text(entry: PrintNode, indent: string): string {
    const name = this.#named.get(entry)
    if (name !== undefined) return name
    const isFar = entry.op === 'object' && indent.length > MAX_INDENT
    return isFar || this.#isShared(entry) ? this.#name(entry, entry, entry.hint, '') : this.#unnamed(entry, indent)
  }

  #unnamed(entry: PrintNode, indent: string): string {
    switch (entry.op) {
      case 'text':
        return entry.text
      case 'named':
        return this.#definition(entry.definition)
      case 'list':
        return `${this.#within(entry.element, indent, BINDING.primary)}[]`
      case 'tuple':
        return this.#tuple(entry, indent)
      case 'object':
        return this.#object(entry, indent)
      case 'union':
        return this.#parts(entry.parts, indent, BINDING.union).join(' | ')
      case 'intersection':
        return this.#parts(entry.parts, indent, BINDING.intersection).join(' & ')
      default:
        return entry satisfies never
    }
  }

  #definition(definition: Definition): string {
    const { entry, doc } = this.#roots.get(definition) as { readonly entry: PrintNode; readonly doc: string }
    const known = this.#named.get(definition) ?? this.#named.get(entry)
    return known ?? this.#name(definition, entry, definition.hint, doc)
  }

  /** Returns the text of a node, in parentheses if an operator of this precedence would split it. */
  #within(entry: PrintNode, indent: string, outer: Binding): string {
    const text = this.#text(entry, indent)
    return this.#named.has(entry) || bindingOf(entry) >= outer ? text : `(${text})`
  }

  #parts(parts: readonly PrintNode[], indent: string, binding: Binding): readonly string[] {
    return distinct(parts.map((part) => this.#within(part, indent, binding)))
  }

  #tuple(tuple: Extract<PrintNode, { op: 'tuple' }>, indent: string): string {
    const elements = tuple.elements.map((element, index) =>
      index < tuple.required ? this.#text(element, indent) : `${this.#within(element, indent, BINDING.primary)}?`,
    )
    if (tuple.rest !== undefined) elements.push(`...${this.#within(tuple.rest, indent, BINDING.primary)}[]`)
    return `[${elements.join(', ')}]`
  }

  #object(object: ObjectNode, indent: string): string {
    const isDocumented = object.members.some(({ doc }) => doc !== '')
    return isDocumented ? this.#documented(object, indent) : this.#undocumented(object, indent)
  }

  #documented({ members, signatures }: ObjectNode, indent: string): string {
    const inner = indent + INDENT
    let text = '{\n'
    for (const member of members) text += `${this.#comment(member.doc, inner)}${inner}${this.#member(member, inner)}\n`
    for (const signature of signatures) text += `${inner}${this.#signature(signature, inner)}\n`
    return `${text}${indent}}`
  }

  #undocumented({ members, signatures }: ObjectNode, indent: string): string {
    const inner = indent + INDENT
    const lines = members.map((member) => this.#member(member, inner))
    for (const signature of signatures) lines.push(this.#signature(signature, inner))
    const line = onOneLine(lines, indent)
    if (line !== undefined) return members.length === 0 ? asRecord(lines, line) : line
    return `{\n${inner}${lines.join(`\n${inner}`)}\n${indent}}`
  }

  #comment(doc: string, indent: string): string {
    if (doc === '') return ''
    const comment = docComment(doc, indent)
    return this.#comments.tryTake(comment.length) ? comment : ''
  }

  #signature({ keys, type, isMaybeUndefined }: Signature, indent: string): string {
    return `[key: ${keys}]: ${this.#text(type, indent)}${isMaybeUndefined ? ' | undefined' : ''}`
  }

  #member({ key, isOptional, type }: EntryMember, indent: string): string {
    return `${propertyKey(key)}${isOptional ? '?: ' : ': '}${this.#text(type, indent)}`
  }
}

/**
 * Joins the members of an object on one line. Returns undefined if the line is too long or a member takes several
 * lines.
 */
function onOneLine(lines: readonly string[], indent: string): string | undefined {
  let length = indent.length
  for (const line of lines) length += line.length + 2
  if (length > MAX_LINE) return undefined
  const line = `{ ${lines.join('; ')} }`
  return line.includes('\n') ? undefined : line
}

/**
 * Writes a single index signature as `Record`, which is shorter. Only simple values qualify, since a recursive type
 * cannot be used in `Record`.
 */
function asRecord(lines: readonly string[], line: string): string {
  const [, value] =
    /^\[key: string\]: ((?:string|number|boolean|unknown|null)(?:\[\])?)$/.exec(lines[0] as string) ?? []
  return lines.length === 1 && value !== undefined ? `Record<string, ${value}>` : line
}

function bindingOf(entry: PrintNode): Binding {
  if (entry.op === 'union' || entry.op === 'intersection') return BINDING[entry.op]
  return entry.op === 'text' && entry.text.includes(' | ') ? BINDING.union : BINDING.primary
}

/** Returns whether a node can have a name. Keywords such as `string` need none, and a named type already has one. */
function isNameable(entry: PrintNode): boolean {
  return entry.op === 'text' ? entry.isLiteral : entry.op !== 'named' && entry.op !== 'list'
}
