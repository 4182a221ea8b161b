import { type Program as Ast, type Expression, type Options, Parser, tokTypes } from 'acorn'

/** Members of acorn's parser that plugins use and its types omit. */
interface ParserState {
  readonly input: string
  pos: number
  readonly containsEsc: boolean
  regexpState?: PatternState
  raise(position: number, message: string): never
  unexpected(position: number): never
  readWord1(): string
  validateRegExpFlags(state: PatternState): void
  validateRegExpPattern(state: PatternState): void
  finishToken(type: unknown, value: unknown): void
}

/** State of acorn's regular expression validator. */
interface PatternState {
  reset(start: number, pattern: string, flags: string): void
}

const LINE_BREAK = /[\n\r\u2028\u2029]/

let PatternStateClass: (new (parser: ParserState) => PatternState) | undefined

/**
 * Creates the state of the validator. Acorn does not export its class, so it is taken from a parser that has parsed a
 * regular expression.
 */
function createPatternState(parser: ParserState): PatternState {
  if (PatternStateClass === undefined) {
    const probe = new (Parser as unknown as new (options: Options, input: string) => ParserState & { parse(): Ast })(
      { ecmaVersion: 2025 },
      '/a/',
    )
    probe.parse()
    PatternStateClass = (probe.regexpState as object).constructor as unknown as typeof PatternStateClass
  }
  return new (PatternStateClass as new (parser: ParserState) => PatternState)(parser)
}

/**
 * Parses regular expressions like acorn, but without creating a `RegExp`: V8 compiles some patterns for minutes, and
 * only ending the process stops it. The guest's engine compiles the pattern, under the guest's limits.
 */
const PatternParser = Parser.extend((Base: typeof Parser) => {
  const Plain = Base as unknown as new (...rest: unknown[]) => ParserState
  return class extends Plain {
    readRegexp(): void {
      const start = this.pos
      let isEscaped = false
      let isInClass = false
      for (; ; this.pos++) {
        const character = this.input.charAt(this.pos)
        if (character === '' || LINE_BREAK.test(character)) this.raise(start, 'Unterminated regular expression')
        if (isEscaped) {
          isEscaped = false
          continue
        }
        if (character === '/' && !isInClass) break
        if (character === '[') isInClass = true
        else if (character === ']') isInClass = false
        isEscaped = character === '\\'
      }
      const pattern = this.input.slice(start, this.pos)
      const flagsStart = ++this.pos
      const flags = this.readWord1()
      if (this.containsEsc) this.unexpected(flagsStart)
      this.regexpState ??= createPatternState(this)
      this.regexpState.reset(start, pattern, flags)
      this.validateRegExpFlags(this.regexpState)
      this.validateRegExpPattern(this.regexpState)
      this.finishToken(tokTypes.regexp, { pattern, flags, value: null })
    }
  } as unknown as typeof Parser
})

export const parse = (text: string, options: Options): Ast => PatternParser.parse(text, options)

export const parseExpressionAt = (text: string, offset: number, options: Options): Expression =>
  PatternParser.parseExpressionAt(text, offset, options)

export const tokenizer = (text: string, options: Options): ReturnType<typeof Parser.tokenizer> =>
  PatternParser.tokenizer(text, options)
